package process

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/internal/proc"
)

// A Delivery is the state of a signal after it was sent, signal(7).
type Delivery int

const (
	// Undecided: the signal is pending, and the process runs.
	Undecided Delivery = iota
	// Delivered: the signal is no longer pending. The process has caught it,
	// accepted it (signalfd(2), sigwait(3)), taken its default action, or
	// ignores it.
	Delivered
	// Pending: the signal is pending and stays so for now. Each thread of the
	// process sleeps and blocks the signal, or is stopped.
	Pending
	// Ended: the process ended after the signal was sent.
	Ended
)

// String describes the state in a clause.
func (d Delivery) String() string {
	switch d {
	case Delivered:
		return "delivered"
	case Pending:
		return "pending: the process blocks it, or is stopped"
	case Ended:
		return "the process ended"
	}
	return "pending: not delivered yet"
}

// beforeFirstLook is how long Deliver leaves the process alone: hardly any
// signal is delivered before.
const beforeFirstLook = 20 * time.Microsecond

// Deliver sends a signal and waits until it is delivered, or the process has
// ended, or the signal is in the state enough. When ctx is done first, the
// error wraps its cause; the signal has been sent all the same.
func (h *Handle) Deliver(ctx context.Context, sig unix.Signal, enough Delivery) (Delivery, error) {
	if err := h.Signal(sig); err != nil {
		return Undecided, err
	}
	poll.Pause(ctx, beforeFirstLook)
	var state Delivery
	err := poll.Quick.Until(ctx, func() (bool, error) {
		var err error
		state, err = h.delivery(sig)
		return err == nil && (state == Delivered || state == Ended || state == enough), err
	})
	if err != nil {
		return state, Failed(fmt.Sprintf("%s: wait for its delivery", unix.SignalName(sig)), h.ID, err)
	}
	return state, nil
}

// delivery looks once at a signal that was sent to the process. That each
// thread slept all the time is known when two looks find the same counts of
// context switches: it cannot have received the signal and fallen asleep again
// between a look at one thread and at the next.
func (h *Handle) delivery(sig unix.Signal) (Delivery, error) {
	ended, err := h.Ended()
	if err != nil {
		return Undecided, err
	}
	if ended {
		return Ended, nil
	}
	if h.isDelivered(sig) {
		return Delivered, nil
	}
	first, err := h.statuses()
	if err == nil && isPending(first, sig) && allHold(first, sig) {
		var second []procfile.ThreadStatus
		if second, err = h.statuses(); err == nil && slices.Equal(first, second) {
			return Pending, nil
		}
	}
	switch {
	case errors.Is(err, ErrGone) || err == nil && len(first) == 0:
		return Ended, nil
	case err != nil:
		return Undecided, err
	case isPending(first, sig) || h.isEnding(first):
		return Undecided, nil
	}
	return Delivered, nil
}

// isEnding reports whether the process, one that has live threads, is about to
// end: its first thread has ended, and no other sleeps, for the kernel has woken
// each to end it. Where only the first thread has ended, another sleeps.
func (h *Handle) isEnding(live []procfile.ThreadStatus) bool {
	s, err := h.firstThread()
	return (err != nil || !s.State.Alive()) && !slices.ContainsFunc(live, func(s procfile.ThreadStatus) bool {
		return s.State == proc.Sleeping || s.State.IsStopped()
	})
}

// isDelivered reports whether one short look already shows that the signal is
// no longer pending. It is false for a process whose first thread has ended.
//
// A signal wakes a thread that will receive it. The file names the state first:
// where that is of a sleeper, the thread has received the signal and sleeps again.
func (h *Handle) isDelivered(sig unix.Signal) bool {
	s, err := h.firstThread()
	delivered := err == nil && s.State.Alive() && !s.ProcessPending.Has(sig)
	h.asleep = delivered && s.State == proc.Sleeping
	return delivered
}

// firstThread returns the status of the thread that the process began with.
func (h *Handle) firstThread() (proc.Status, error) {
	data, err := h.read("status")
	if err != nil {
		return proc.Status{}, err
	}
	return proc.ParseStatus(data)
}

func (h *Handle) statuses() ([]procfile.ThreadStatus, error) {
	list, err := procfile.Statuses(h.PID)
	if err != nil {
		return nil, Failed("read thread", h.ID, err)
	}
	return list, nil
}

// isPending reports whether a signal is pending for the process of these
// threads. The set is one for all of them; the last look is the latest.
func isPending(threads []procfile.ThreadStatus, sig unix.Signal) bool {
	return len(threads) > 0 && threads[len(threads)-1].ProcessPending.Has(sig)
}

// allHold reports whether no thread receives a signal before something else
// wakes it.
func allHold(threads []procfile.ThreadStatus, sig unix.Signal) bool {
	return !slices.ContainsFunc(threads, func(s procfile.ThreadStatus) bool {
		return s.State != proc.Stopped && (s.State != proc.Sleeping || !s.Blocked.Has(sig))
	})
}
