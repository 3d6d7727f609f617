package faults

import (
	"cmp"
	"context"
	"errors"
)

// Frozen is what StopGroup did.
type Frozen struct {
	// Stopped are the targets of which every thread was seen in state T.
	Stopped []Target
	// Gone are those that had ended, or ended meanwhile.
	Gone []Target
	// Thaw lets those go on (SIGCONT) that were not stopped before.
	Thaw Undo
}

// Freeze stops the targets and returns when every thread of each has been
// seen stopped; it is StopGroup for a caller who does not ask which of them were
// gone. When all were, the error is a ProcessGone. The Undo lets them go on.
func Freeze(ctx context.Context, targets ...Target) (Undo, error) {
	frozen, err := StopGroup(ctx, targets...)
	if err != nil {
		return nil, err
	}
	if len(frozen.Stopped) == 0 && len(frozen.Gone) > 0 {
		return nil, cmp.Or[error](frozen.Thaw(), &ProcessGone{frozen.Gone[0], "freeze"})
	}
	return frozen.Thaw, nil
}

// StopGroup sends SIGSTOP to each target in turn and goes on to the next when
// every thread of it has been seen in state T (proc_pid_stat(5)): a stop is
// asynchronous. Give parents before their children: a thread that waits for
// its vfork child cannot stop before that child goes on (vfork(2)). To the
// processes it is as Ctrl-Z, but that none can catch or ignore it; Thaw is fg,
// the last first. A target that is gone is reported, and no error. When ctx is
// done before all have stopped, they are let go on; the error says which
// thread had not stopped and wraps the cause.
func StopGroup(ctx context.Context, targets ...Target) (Frozen, error) {
	var frozen Frozen
	var stops []*stop
	frozen.Thaw = once(func() error { return thawAll(stops) })
	for _, t := range targets {
		s, err := beginStop(t)
		if s != nil {
			stops = append(stops, s)
		}
		if err == nil {
			err = s.prove(ctx)
		}
		if err != nil {
			return Frozen{}, errors.Join(err, frozen.Thaw())
		}
		if s.gone {
			frozen.Gone = append(frozen.Gone, t)
		} else {
			frozen.Stopped = append(frozen.Stopped, t)
		}
	}
	return frozen, nil
}
