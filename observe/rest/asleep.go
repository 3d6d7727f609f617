package rest

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
	"github.com/forkproof/forkproof/observe"
)

// asleep adds what runs in a picture, or is about to.
func asleep(c *clauses, p observe.Picture) {
	for _, q := range p.Processes {
		if c.full() || !q.Alive() {
			continue
		}
		if len(q.Tasks) == 0 {
			c.add("the threads of %d were not seen", q.ID.PID)
		}
		for _, t := range q.Tasks {
			taskAsleep(c, q, t)
		}
		if s := deliverable(q); s != 0 {
			c.add("%v is about to be delivered to %d", s, q.ID.PID)
		}
	}
}

func taskAsleep(c *clauses, p observe.Process, t observe.Task) {
	switch {
	case t.State.IsStopped():
	case t.Call.Running:
		c.add("%d is running", t.TID)
	case t.State != observe.Sleeping && !inVfork(t):
		c.add("%d is %v", t.TID, t.State)
	default:
		if d, waits := inputWaiting(p, t.Call); waits {
			c.add("%d sleeps in %v, but there is something for it: %v", t.TID, t.Call, d)
		}
	}
}

// inVfork says whether a thread sleeps until its child has started another
// program or ended, vfork(2). The kernel counts that as uninterruptible sleep.
func inVfork(t observe.Task) bool {
	if t.State != observe.DiskSleep {
		return false
	}
	return t.Call.Name == "vfork" || t.Call.Name == "clone" && t.Call.Args[0]&unix.CLONE_VFORK != 0
}

// inputWaiting says whether a call sleeps on a socket although it would return.
func inputWaiting(p observe.Process, call observe.Call) (observe.Descriptor, bool) {
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

// deliverable gives the signals that are pending and that some thread would
// take now. A thread that is stopped, or in vfork, takes none but SIGKILL.
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
