package rest

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
	"github.com/forkproof/forkproof/observe"
)

// findRunnable adds what runs in a picture, or is ready to.
func findRunnable(r *reasons, p observe.Picture) {
	for _, q := range p.Processes {
		if r.full() || !q.Alive() {
			continue
		}
		if len(q.Tasks) == 0 {
			r.add("the threads of process %d were not read", q.ID.PID)
		}
		for _, t := range q.Tasks {
			findRunnableThread(r, q, t)
		}
		if s := deliverable(q); s != 0 {
			r.add("process %d has not yet taken %v", q.ID.PID, s)
		}
	}
}

func findRunnableThread(r *reasons, p observe.Process, t observe.Task) {
	switch {
	case t.State.IsStopped():
	case t.Call.Running:
		r.add("thread %d is running", t.TID)
	case t.State != observe.Sleeping && !inVfork(t):
		r.add("thread %d is %v", t.TID, t.State)
	case t.Call.Works():
		r.add("thread %d is at work in %v", t.TID, t.Call)
	default:
		if d, ready := readyDescriptor(p, t.Call); ready {
			r.add("thread %d sleeps in %v, which is ready: %v", t.TID, t.Call, d)
		}
	}
}

// inVfork reports whether a thread sleeps until its child calls execve(2) or
// ends, vfork(2). The kernel shows that as uninterruptible sleep.
func inVfork(t observe.Task) bool {
	if t.State != observe.DiskSleep {
		return false
	}
	return t.Call.Name == "vfork" || t.Call.Name == "clone" && t.Call.Args[0]&unix.CLONE_VFORK != 0
}

// readyDescriptor returns the descriptor that a call sleeps on, and whether it is
// a socket on which the call returns.
func readyDescriptor(p observe.Process, call observe.Call) (observe.Descriptor, bool) {
	fd, ok := call.FD()
	if !ok {
		return observe.Descriptor{}, false
	}
	d, found := p.Descriptor(fd)
	if !found || d.Socket == nil {
		return d, false
	}
	switch {
	case call.Accepts():
		return d, d.Kind == observe.ListeningSocket && d.Socket.RecvQueue > 0
	case call.Reads():
		return d, d.Kind == observe.ConnectedSocket &&
			(d.Socket.RecvQueue > 0 || d.Socket.State == observe.CloseWait || d.Socket.State == observe.Close)
	}
	return d, false
}

// deliverable returns the pending signals that a thread of the process would take
// now. A thread that is stopped, or in vfork, takes none but SIGKILL.
func deliverable(p observe.Process) proc.SignalSet {
	var ready proc.SignalSet
	for _, t := range p.Tasks {
		mine := (t.Pending | p.Signals.Pending) &^ t.Blocked
		if t.State.IsStopped() || inVfork(t) {
			mine &= proc.SetOf(syscall.SIGKILL)
		}
		ready |= mine
	}
	return ready &^ p.Signals.Ignored
}
