package faults

import (
	"cmp"
	"context"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// Storm sends a signal n times, each when the one before has been taken, so
// that none of them merges with another (signal(7)), and the process sleeps
// again, so that each interrupts what it sleeps in. One that uses processor
// time instead of sleeping is sent the next. It returns how many were taken. A
// process that ends meanwhile is a ProcessGone. When ctx is done first, the
// error wraps the cause.
func Storm(ctx context.Context, t Target, sig unix.Signal, n int) (taken int, err error) {
	defer punctual()()
	p, err := hold(t)
	if err != nil {
		return 0, err
	}
	for taken < n && err == nil {
		var fate Fate
		fate, err = p.deliver(ctx, sig, Taken)
		if fate == Taken && !p.asleep {
			fate, err = p.sleepsAgain(ctx)
		}
		switch {
		case fate == Taken:
			taken++
		case err == nil:
			err = &ProcessGone{t, "storm of " + unix.SignalName(sig)}
		}
	}
	return taken, cmp.Or(err, p.release())
}

// busy is how much processor time a process uses before it counts as one that
// does not sleep.
const busy = 10 * time.Millisecond

// sleepsAgain waits until the process sleeps, after a signal that it has taken.
// The fate is Ended when the signal ended it.
func (p *pin) sleepsAgain(ctx context.Context) (Fate, error) {
	fate, runs, begin := Taken, false, time.Duration(0)
	err := poll(ctx, func() (bool, error) {
		ended, err := p.ended()
		if ended || err != nil {
			fate = Ended
			return true, err
		}
		s, err := p.firstThread()
		if err != nil || s.State != proc.Running {
			return true, nil
		}
		if !runs {
			runs, begin = true, p.onProcessor()
		}
		return p.onProcessor() >= begin+busy, nil
	})
	return fate, err
}

// onProcessor is how long the first thread has been on a processor.
func (p *pin) onProcessor() time.Duration {
	data, err := p.read("schedstat")
	if err != nil {
		return 0
	}
	return proc.ParseSchedstat(data)
}
