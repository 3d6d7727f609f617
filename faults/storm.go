package faults

import (
	"cmp"
	"context"

	"golang.org/x/sys/unix"
)

// Storm sends a signal n times, each when the one before has been taken, so
// that none of them merges with another (signal(7)), and returns how many were
// taken. A process that ends meanwhile is a ProcessGone. When ctx is done
// first, the error wraps the cause.
func Storm(ctx context.Context, t Target, sig unix.Signal, n int) (taken int, err error) {
	p, err := hold(t)
	if err != nil {
		return 0, err
	}
	for taken < n && err == nil {
		var fate Fate
		fate, err = p.deliver(ctx, sig, Taken)
		switch {
		case fate == Taken:
			taken++
		case err == nil:
			err = &ProcessGone{t, "storm of " + unix.SignalName(sig)}
		}
	}
	return taken, cmp.Or(err, p.release())
}
