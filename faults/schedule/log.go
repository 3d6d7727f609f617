package schedule

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/forkproof/forkproof/report"
)

// A log prints what the engine does, and counts the hits of each rule.
type log struct {
	mu    sync.Mutex
	out   io.Writer
	begin time.Time
	rules []string
	hits  map[string]int
	ended bool
}

func newLog(out io.Writer, begin time.Time, rules []Rule) *log {
	l := &log{out: out, begin: begin, hits: map[string]int{}}
	for _, r := range rules {
		l.rules = append(l.rules, r.Text)
	}
	return l
}

// say prints one line.
func (l *log) say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line(time.Now(), report.Line(fmt.Sprintf(format, args...)))
}

// hit prints one hit: when, the process and its role, what it did, what was
// injected, and by which rule.
func (l *log) hit(rule string, at time.Time, pid, listener int, what, injected string) {
	role := "child"
	if pid == listener {
		role = "server"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hits[rule]++
	l.line(at, fmt.Sprintf("%-7d %-6s  %-14s %-22s by %s", pid, role, what, injected, rule))
}

func (l *log) line(at time.Time, text string) {
	if !l.ended {
		_, _ = fmt.Fprintf(l.out, "inject %8.3fs  %s\n", at.Sub(l.begin).Seconds(), text)
	}
}

// summary prints, once, how often each rule hit, and ends the log.
func (l *log) summary() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	_, _ = fmt.Fprintf(l.out, "inject: after %.1f s\n", time.Since(l.begin).Seconds())
	for _, text := range l.rules {
		_, _ = fmt.Fprintf(l.out, "  %6d hits  %s\n", l.hits[text], text)
	}
}
