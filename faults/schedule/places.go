package schedule

import (
	"context"
	"sync"
	"time"

	"github.com/forkproof/forkproof/observe/stack"
	"github.com/forkproof/forkproof/observe/stack/symbols"
	"github.com/forkproof/forkproof/report"
)

const (
	// mostPlaces bounds how many stacks are copied, each of which stops the server a
	// little longer: one whose stack never looks the same has no end of them.
	mostPlaces = 256
	// nameLimit bounds how long the end of the log waits for the names of the places in
	// it; symbols.Resolve bounds how long one takes.
	nameLimit = 2 * time.Second
)

// places finds out where in the source of a server calls were made, and says it once for
// each place.
type places struct {
	mu     sync.Mutex
	marker stack.Marker
	known  map[uint64]bool // marks of stacks
	said   map[report.Place]bool
}

func newPlaces() *places {
	return &places{known: map[uint64]bool{}, said: map[report.Place]bool{}}
}

// look copies the stack of a thread that the calling thread traces, if it is a new one,
// for name. It returns nil otherwise.
func (p *places) look(pid, tid int) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) == mostPlaces {
		return nil
	}
	mark, err := p.marker.Mark(pid, tid)
	if err != nil || p.known[mark] {
		return nil
	}
	p.known[mark] = true
	c := new(stack.Collection)
	if _, err := c.TakeStopped(pid, tid); err != nil { // the hit is printed without
		c.Close()
		return nil
	}
	return c
}

// name returns where look has looked, as ", called from serve (server.c:31)"; "" when that is not
// known, or was said before.
func (p *places) name(ctx context.Context, looked any) string {
	c, taken := looked.(*stack.Collection)
	if !taken {
		return ""
	}
	defer c.Close()
	frames, err := symbols.Resolve(ctx, c)
	if err != nil || len(frames) == 0 || len(frames[0]) == 0 {
		return ""
	}
	inner := frames[0][0]
	where := report.Place{File: inner.File, Line: inner.Line, Function: inner.Function}
	if p.said[where] {
		return ""
	}
	p.said[where] = true
	return ", called from " + report.Line(where.String())
}
