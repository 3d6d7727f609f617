package faults

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// fate looks once at what became of a signal that was sent to the process.
// That each thread slept is known when two looks find the same counts of
// context switches: it cannot have taken the signal and fallen asleep again
// between a look at one thread and at the next.
func (p *pin) fate(sig unix.Signal) (Fate, error) {
	ended, err := p.ended()
	if err != nil {
		return Unknown, err
	}
	if ended {
		return Ended, nil
	}
	if p.hasTaken(sig) {
		return Taken, nil
	}
	first, err := statuses(p.Target)
	if err == nil && isPending(first, sig) && allHold(first, sig) {
		var second []status
		if second, err = statuses(p.Target); err == nil && slices.Equal(first, second) {
			return Pending, nil
		}
	}
	switch {
	case errors.Is(err, ErrGone) || err == nil && len(first) == 0:
		return Ended, nil
	case err != nil:
		return Unknown, err
	case isPending(first, sig):
		return Unknown, nil
	}
	return Taken, nil
}

// hasTaken says whether one short look shows already that the signal is not
// pending any more. It says nothing of a process whose first thread has ended.
//
// A signal that was sent has woken a thread which would take it. Where the state,
// which the file tells first, is that of a sleeper, that one has taken it and
// sleeps again.
func (p *pin) hasTaken(sig unix.Signal) bool {
	s, err := p.firstThread()
	taken := err == nil && s.State.Alive() && !s.ProcessPending.Has(sig)
	p.asleep = taken && s.State == proc.Sleeping
	return taken
}

// firstThread is the status of the thread that the process began with.
func (p *pin) firstThread() (proc.Status, error) {
	data, err := p.read("status")
	if err != nil {
		return proc.Status{}, err
	}
	return proc.ParseStatus(data)
}

// isPending says whether a signal waits for the process. The set is one for
// all threads; whichever was looked at last knows best.
func isPending(threads []status, sig unix.Signal) bool {
	return len(threads) > 0 && threads[len(threads)-1].ProcessPending.Has(sig)
}

// allHold says whether no thread will take a signal before something else wakes it.
func allHold(threads []status, sig unix.Signal) bool {
	return !slices.ContainsFunc(threads, func(s status) bool {
		return s.State != proc.Stopped && (s.State != proc.Sleeping || !s.Blocked.Has(sig))
	})
}
