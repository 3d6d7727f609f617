package faults

import (
	"cmp"
	"context"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/process"
)

// A Delivery is the state of a signal after it was sent.
type Delivery = process.Delivery

// Signal sends a signal to a process and returns when it is delivered, is known
// to stay pending, or the process has ended. A standard signal that was pending
// already stays one, signal(7). When ctx is done first, the Delivery is Undecided
// and the error wraps the cause. The pending and blocked sets are ShdPnd and
// SigBlk of proc_pid_status(5).
func Signal(ctx context.Context, p Process, sig unix.Signal) (Delivery, error) {
	h, err := process.Open(p)
	if err != nil {
		return process.Undecided, err
	}
	state, err := h.Deliver(ctx, sig, process.Pending)
	return state, cmp.Or(err, h.Close())
}
