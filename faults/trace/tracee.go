package trace

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/faults/internal/proc"
	"github.com/forkproof/forkproof/faults/process"
	"golang.org/x/sys/unix"
)

// A tracee is one traced thread.
type tracee struct {
	tid, pid int
	// armed says that it was stopped once, and will stop at its next call.
	armed bool
	// stranger says that it is none of ours, and is detached at its first stop.
	stranger bool
	// claim is what is being done to the call it is in; nil when nothing is.
	claim *claim
}

// newTracee is a thread of the process pid; when that is 0, it is looked up.
func newTracee(tid, pid int) *tracee {
	if pid == 0 {
		pid = proc.ProcessOf(tid)
	}
	return &tracee{tid: tid, pid: pid}
}

// held says that it is stopped for the time of a delay.
func (t *tracee) held() bool { return t.claim != nil && t.claim.due != nil }

// handle does what a change of a tracee asks for.
func (tr *tracer) handle(c change) error {
	t := tr.tracees[c.tid]
	if t == nil {
		t = newTracee(c.tid, 0)
		t.stranger = !tr.wants(t.pid)
		tr.tracees[c.tid] = t
	}
	if c.ended {
		tr.drop(t)
		bury(t.tid)
		tr.leaveWhenDone()
		return nil
	}
	return tr.handleStop(t, c.status&0xff, c.status>>8)
}

// handleStop does what a ptrace-stop asks for: ptrace(2), "Stopped states".
func (tr *tracer) handleStop(t *tracee, signal, event int) error {
	switch event {
	case unix.PTRACE_EVENT_STOP:
		if isStopSignal(unix.Signal(signal)) && !tr.lets(t) {
			t.armed = true
			return ptrace(unix.PTRACE_LISTEN, t.tid, 0)
		}
		return tr.resume(t, 0)
	case unix.PTRACE_EVENT_CLONE, unix.PTRACE_EVENT_FORK, unix.PTRACE_EVENT_VFORK:
		if err := tr.expectChild(t); err != nil {
			return err
		}
		return tr.resume(t, 0)
	case unix.PTRACE_EVENT_EXEC:
		if err := tr.afterExec(t); err != nil {
			return err
		}
		return tr.resume(t, 0)
	}
	if event == 0 && signal == int(unix.SIGTRAP|0x80) {
		return tr.handleCall(t)
	}
	if event != 0 {
		signal = 0
	}
	return tr.resume(t, signal)
}

// isStopSignal tells a group-stop.
func isStopSignal(s unix.Signal) bool {
	return s == unix.SIGSTOP || s == unix.SIGTSTP || s == unix.SIGTTIN || s == unix.SIGTTOU
}

// lets says that a tracee is detached at this stop.
func (tr *tracer) lets(t *tracee) bool { return tr.leaving || t.stranger }

// resume lets a tracee run to its next call, and gives it a signal that it was
// stopped on; or detaches it.
func (tr *tracer) resume(t *tracee, signal int) error {
	if tr.lets(t) {
		if err := ptrace(unix.PTRACE_DETACH, t.tid, uintptr(signal)); err != nil {
			return err
		}
		tr.drop(t)
		return nil
	}
	t.armed = true
	return ptrace(unix.PTRACE_SYSCALL, t.tid, uintptr(signal))
}

// drop forgets a tracee that has ended or is detached.
func (tr *tracer) drop(t *tracee) {
	t.endClaim()
	delete(tr.tracees, t.tid)
}

// expectChild takes in a thread or process that a tracee has made. The kernel
// has attached it, and it will stop, if it has not yet. It may have stopped,
// run on and ended before the stop of its maker is looked at.
func (tr *tracer) expectChild(t *tracee) error {
	tid, err := unix.PtraceGetEventMsg(t.tid)
	if err != nil {
		return err
	}
	if tr.tracees[int(tid)] == nil && proc.TracerOf(int(tid)) == tr.bell.tid {
		child := newTracee(int(tid), 0)
		child.stranger = !tr.wants(child.pid)
		tr.tracees[int(tid)] = child
	}
	return nil
}

// wants says whether a new thread of a process is one to be traced.
func (tr *tracer) wants(pid int) bool {
	return tr.options&unix.PTRACE_O_TRACEFORK != 0 || tr.isTarget(pid)
}

func (tr *tracer) isTarget(pid int) bool {
	return slices.ContainsFunc(tr.targets, func(t process.ID) bool { return t.PID == pid })
}

// afterExec notes that a thread which called execve has got the number of its
// process, and that the other threads are gone.
func (tr *tracer) afterExec(t *tracee) error {
	former, err := unix.PtraceGetEventMsg(t.tid)
	if err != nil {
		return err
	}
	if old := tr.tracees[int(former)]; old != nil && old != t {
		tr.drop(old)
	}
	t.endClaim() // that of the thread which had this number before
	return abiOf(process.ID{PID: t.pid})
}

// releaseDue lets those go whose delay is over.
func (tr *tracer) releaseDue() {
	for _, t := range tr.tracees {
		if t.held() && t.claim.due.Load() {
			_ = tr.release(t) // ESRCH: it was killed; its end comes next
		}
	}
}

// release lets a tracee make the call that was delayed.
func (tr *tracer) release(t *tracee) error {
	t.endClaim()
	tr.leaveWhenDone()
	return tr.resume(t, 0)
}

// describeTracer names the process that traces a thread.
func describeTracer(tracer int) string {
	return fmt.Sprintf("process %d (%s)", proc.ProcessOf(tracer), proc.CommandName(tracer))
}
