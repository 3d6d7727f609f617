package faults

import (
	"cmp"
	"context"
	"fmt"

	"golang.org/x/sys/unix"
)

// A Fate is what became of a signal that was sent.
type Fate int

const (
	// Unknown: it is pending, and the process still runs.
	Unknown Fate = iota
	// Taken: it is not pending any more. The process has caught it, read it
	// (signalfd(2), sigwait(3)), acted on it by default, or ignores it.
	Taken
	// Pending: it is pending and stays so for now. Each thread of the process
	// sleeps and blocks the signal, or is stopped.
	Pending
	// Ended: the process ended after it was sent.
	Ended
)

// String gives the fate in words.
func (f Fate) String() string {
	switch f {
	case Taken:
		return "taken"
	case Pending:
		return "pending: the process blocks it, or is stopped"
	case Ended:
		return "the process ended"
	}
	return "pending: the process has not taken it yet"
}

// Signal sends a signal to a process and returns when it is known what became
// of it. A standard signal that was pending already stays one, signal(7). When
// ctx is done first, the fate is Unknown and the error wraps the cause.
// The pending and blocked sets are ShdPnd and SigBlk of
// proc_pid_status(5).
func Signal(ctx context.Context, t Target, sig unix.Signal) (Fate, error) {
	p, err := hold(t)
	if err != nil {
		return Unknown, err
	}
	fate, err := p.deliver(ctx, sig, Pending)
	return fate, cmp.Or(err, p.release())
}

// deliver sends a signal and waits until it is taken, the process has ended,
// or it has the fate that is also enough.
func (p *pin) deliver(ctx context.Context, sig unix.Signal, enough Fate) (Fate, error) {
	if err := p.signal(sig); err != nil {
		return Unknown, err
	}
	nap(firstLook) // hardly any is taken before
	var fate Fate
	err := poll(ctx, func() (bool, error) {
		var err error
		fate, err = p.fate(sig)
		return err == nil && (fate == Taken || fate == Ended || fate == enough), err
	})
	if err != nil {
		return fate, failed(fmt.Sprintf("%s: wait until it is taken", unix.SignalName(sig)), p.Target, err)
	}
	return fate, nil
}
