package faults

import (
	"cmp"
	"context"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/process"
)

// Storm sends a signal n times, each when the one before was delivered, so that
// none coalesces with another (signal(7)), and the process sleeps again, so that
// each interrupts what it sleeps in. A process that uses processor time instead
// of sleeping is sent the next one. Storm returns how many were delivered. When
// the process ends meanwhile, the error is ErrGone; when ctx is done first, it
// wraps the cause.
func Storm(ctx context.Context, p Process, sig unix.Signal, n int) (delivered int, err error) {
	h, err := process.Open(p)
	if err != nil {
		return 0, err
	}
	for delivered < n && err == nil {
		var one bool
		if one, err = interruptOnce(ctx, h, sig); one {
			delivered++
		}
	}
	return delivered, cmp.Or(err, h.Close())
}

// interruptOnce sends one signal of a storm and waits until the process sleeps
// again.
func interruptOnce(ctx context.Context, h *process.Handle, sig unix.Signal) (delivered bool, err error) {
	state, err := h.Deliver(ctx, sig, process.Delivered)
	if err != nil {
		return false, err
	}
	ended := state == process.Ended
	if !ended {
		ended, err = h.AwaitSleep(ctx)
	}
	if ended && err == nil {
		return false, &process.GoneError{Process: h.ID, Op: "storm of " + unix.SignalName(sig)}
	}
	return true, err
}
