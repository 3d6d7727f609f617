package schedule

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/report"
)

// A log prints what the engine does, and counts the hits of each rule. A goroutine of its
// own prints, as a line may take some time, and the rules have their times.
type log struct {
	out    io.Writer
	begin  time.Time
	rules  []string
	places *places
	// naming is done when no place is named any more.
	naming context.Context
	hurry  context.CancelFunc

	mu       sync.Mutex
	hits     map[string]int
	ended    bool
	queue    []line
	printing bool
	idle     *sync.Cond // printing is over
}

// A line is one of the log. looked is what places.name is asked.
type line struct {
	at     time.Time
	text   string
	looked any
}

func newLog(out io.Writer, begin time.Time, rules []Rule) *log {
	l := &log{out: out, begin: begin, hits: map[string]int{}, places: newPlaces()}
	l.naming, l.hurry = context.WithCancel(context.Background())
	l.idle = sync.NewCond(&l.mu)
	for _, r := range rules {
		l.rules = append(l.rules, r.Text)
	}
	return l
}

// say prints one line.
func (l *log) say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(line{at: time.Now(), text: report.Line(fmt.Sprintf(format, args...))})
}

// A hit is one hit of a rule: when, by which process, what it did, and what was injected.
type hit struct {
	rule           string
	at             time.Time
	pid            int
	what, injected string
	looked         any // what places.look returned
}

// hit prints a hit. A process that is not the listener is a child.
func (l *log) hit(h hit, listener int) {
	role := "child"
	if h.pid == listener {
		role = "server"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hits[h.rule]++
	l.add(line{h.at, fmt.Sprintf("%-7d %-6s  %-14s %-22s by %s", h.pid, role, h.what, h.injected, h.rule), h.looked})
}

// add puts a line into the queue.
func (l *log) add(one line) {
	l.queue = append(l.queue, one)
	if !l.printing {
		l.printing = true
		crash.Go(l.print)
	}
}

// print prints the queue.
func (l *log) print() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) > 0 {
		next := l.queue[0]
		l.queue = l.queue[1:]
		l.mu.Unlock()
		where := l.places.name(l.naming, next.looked)
		l.mu.Lock()
		if !l.ended {
			_, _ = fmt.Fprintf(l.out, "inject %8.3fs  %s%s\n", next.at.Sub(l.begin).Seconds(), next.text, where)
		}
	}
	l.printing = false
	l.idle.Broadcast()
}

// summary prints, once, how often each rule hit, and ends the log. What waits to be
// printed has nameLimit for the names of its places.
func (l *log) summary() {
	late := time.AfterFunc(nameLimit, crash.Guarded(l.hurry))
	defer l.hurry()
	defer late.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.printing {
		l.idle.Wait()
	}
	if l.ended {
		return
	}
	l.ended = true
	_, _ = fmt.Fprintf(l.out, "inject: after %.1f s\n", time.Since(l.begin).Seconds())
	for _, text := range l.rules {
		_, _ = fmt.Fprintf(l.out, "  %6d hits  %s\n", l.hits[text], text)
	}
}
