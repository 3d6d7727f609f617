package faults

import (
	"cmp"
	"context"

	"golang.org/x/sys/unix"
)

// Kill ends a process with SIGKILL and returns when it is dead: a zombie, or
// gone. A process that had ended before is a ProcessGone. When ctx is done
// first, the error wraps the cause; the signal has been sent all the same.
func Kill(ctx context.Context, t Target) error {
	p, err := hold(t)
	if err != nil {
		return err
	}
	err = p.signal(unix.SIGKILL)
	if err == nil {
		err = poll(ctx, p.ended)
	}
	if err != nil {
		err = failed("SIGKILL: wait for the end", t, err)
	}
	return cmp.Or(err, p.release())
}
