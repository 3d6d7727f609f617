// Package turns holds requirements back that are not to be judged yet: as many are judged at
// once as the machine has processors for, and more while the servers of some sleep.
package turns

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
)

// longSleep is how long a server is seen to sleep until the next requirement has its turn: a
// check of a server that sleeps before each answer would leave the processors idle.
const longSleep = 300 * time.Millisecond

// nextSleep is longSleep for a server that another requirement has seen to sleep so long.
const nextSleep = longSleep / 3

// apart is how far apart the looks are at least by which it is told that a server sleeps.
const apart = 20 * time.Millisecond

// Turns hold back the requirements that have to wait until others were judged.
type Turns struct {
	mu sync.Mutex
	// free is signalled when a turn has ended, or was passed on.
	free *sync.Cond
	// atOnce is how many may have a turn that they have not passed on, most how many in all.
	atOnce, most   int
	working, begun int
	slept          atomic.Bool // for longSleep, in some turn
	// idle returns how long the processors have been idle, all in all.
	idle func() time.Duration
}

// New returns turns for requirements of which so many are judged at once; more, up to most,
// while the servers of some sleep.
func New(atOnce, most int) *Turns {
	t := &Turns{atOnce: max(1, atOnce), most: max(1, atOnce, most), idle: idleTime}
	t.free = sync.NewCond(&t.mu)
	return t
}

// enough is how long a server is seen to sleep until its requirement passes its turn on.
func (t *Turns) enough() time.Duration {
	if t.slept.Load() {
		return nextSleep
	}
	return longSleep
}

// Begin waits for the next turn.
func (t *Turns) Begin() *Turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.working >= t.atOnce || t.begun >= t.most {
		t.free.Wait()
	}
	t.working++
	t.begun++
	turn := &Turn{of: t}
	turn.works.Store(true)
	return turn
}

// A Turn is what a requirement has while it is judged. A nil Turn is none: to pass it on does
// nothing.
type Turn struct {
	of    *Turns
	works atomic.Bool // it was not passed on

	mu    sync.Mutex
	last  observe.Picture
	slept time.Duration // in all, since idle was read
	idle  time.Duration // of the processors, when the server was first seen to sleep
}

// Pass lets another requirement have its turn beside this one.
func (t *Turn) Pass() {
	if t == nil {
		return
	}
	if t.works.CompareAndSwap(true, false) {
		t.of.mu.Lock()
		defer t.of.mu.Unlock()
		t.of.working--
		t.of.free.Broadcast()
	}
}

// Within bounds the time in which the server is not looked at, so that its sleep is seen.
func (t *Turn) Within(d time.Duration) time.Duration {
	if t == nil || !t.works.Load() {
		return d
	}
	return min(d, t.of.enough()/3)
}

// End is called once, when the requirement was judged.
func (t *Turn) End() {
	t.Pass()
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	t.of.begun--
	t.of.free.Broadcast()
}

// Sees takes in what a look at everything shows of the requirement's server, and passes the
// turn on when the server has slept for long in all, and processors were idle meanwhile. On a
// busy machine it is forkproof that comes late.
func (t *Turn) Sees(now observe.Picture) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.works.Load() || now.At.Sub(t.last.At) < apart {
		return
	}
	sleeps := len(t.last.Processes) > 0 && rest.Compare(t.last, now).Settled
	between := now.At.Sub(t.last.At)
	t.last = now
	switch {
	case !sleeps:
		return
	case t.slept == 0:
		t.slept, t.idle = 1, t.of.idle()
		return
	}
	if t.slept += between; t.slept < t.of.enough() {
		return
	}
	if idle := t.of.idle() - t.idle; idle < t.slept/idleShare {
		t.slept = 0
		return
	}
	if t.slept >= longSleep {
		t.of.slept.Store(true)
	}
	t.Pass()
}

type key struct{}

// With returns a context of what is done in the turn.
func (t *Turn) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, key{}, t)
}

// Of returns the turn that something is done in; nil when it is done in none.
func Of(ctx context.Context) *Turn {
	t, _ := ctx.Value(key{}).(*Turn)
	return t
}
