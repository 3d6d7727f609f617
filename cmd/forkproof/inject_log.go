package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/forkproof/forkproof/faults/rule"
	"github.com/forkproof/forkproof/report"
)

// An injectLog prints what is injected, and counts it.
type injectLog struct {
	mu    sync.Mutex
	out   io.Writer
	begin time.Time
	rules []string
	hits  map[string]int
	ended bool
}

func newInjectLog(out io.Writer, begin time.Time, rules []rule.Rule) *injectLog {
	l := &injectLog{out: out, begin: begin, hits: map[string]int{}}
	for _, r := range rules {
		l.rules = append(l.rules, r.Text)
	}
	return l
}

// say prints one line.
func (l *injectLog) say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line(time.Now(), report.Line(fmt.Sprintf(format, args...)))
}

// hit prints one hit: when, which process in which role, what it did, what was
// injected, and by which rule.
func (l *injectLog) hit(text string, at time.Time, pid, server int, what, injected string) {
	role := "child"
	if pid == server {
		role = "server"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hits[text]++
	l.line(at, fmt.Sprintf("%-7d %-6s  %-14s %-22s by %s", pid, role, what, injected, text))
}

func (l *injectLog) line(at time.Time, text string) {
	if !l.ended {
		_, _ = fmt.Fprintf(l.out, "inject %8.3fs  %s\n", at.Sub(l.begin).Seconds(), text)
	}
}

// summary prints once how often each rule hit.
func (l *injectLog) summary() {
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
