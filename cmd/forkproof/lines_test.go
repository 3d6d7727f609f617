package main

import (
	"bufio"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// lines collects what a command prints, line by line.
type lines struct {
	mu    sync.Mutex
	text  []string
	ended bool
}

func (l *lines) read(r io.Reader) {
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		l.mu.Lock()
		l.text = append(l.text, scanner.Text())
		l.mu.Unlock()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
}

// await waits until n lines have been printed.
func (l *lines) await(t *testing.T, n int) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		l.mu.Lock()
		got, ended := len(l.text), l.ended
		l.mu.Unlock()
		switch {
		case got >= n:
			return
		case ended:
			t.Fatalf("only %d lines were printed, want %d:\n%s", got, n, l)
		case time.Now().After(deadline):
			t.Fatalf("only %d of %d lines in 60 s", got, n)
		}
		<-time.After(time.Millisecond)
	}
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.text, "\n")
}
