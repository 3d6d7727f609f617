package faults

import (
	"cmp"
	"context"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/poll"
	"github.com/forkproof/forkproof/faults/process"
)

// Kill ends a process with SIGKILL and returns when it is dead: a zombie, or
// reaped. For a process that had ended before, the error is ErrGone. When ctx is
// done first, the error wraps its cause; the signal has been sent all the same.
func Kill(ctx context.Context, p Process) error {
	h, err := process.Open(p)
	if err != nil {
		return err
	}
	err = h.Signal(unix.SIGKILL)
	if err == nil {
		err = poll.Quick.Until(ctx, h.Ended)
	}
	if err != nil {
		err = process.Failed("SIGKILL: wait for the end", p, err)
	}
	return cmp.Or(err, h.Close())
}
