package trace

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/process"
)

// A tracee is one traced thread.
type tracee struct {
	tid, pid int
	// armed is true when it has stopped once, and stops at its next call.
	armed bool
	// unwanted is true when it belongs to none of the processes that are to be
	// traced, and is detached at its first stop.
	unwanted bool
	// interception is the change of the call that it is in; nil when there is none.
	interception *interception
	// entered is the call that it is in, when that is to be recorded.
	entered *enteredCall
	// inCall and halted are what it was last told to be: in a call, and stopped.
	inCall, halted bool
	// listening says that a signal has stopped it, and it stays so until SIGCONT.
	listening bool
}

// newTracee returns a thread of the process pid; when that is 0, it is looked up.
func newTracee(tid, pid int) *tracee {
	if pid == 0 {
		pid = procfile.ProcessOf(tid)
	}
	return &tracee{tid: tid, pid: pid}
}

// delayed reports whether the tracee is stopped for the time of a delay.
func (t *tracee) delayed() bool { return t.interception != nil && t.interception.over != nil }

// isReleased reports whether the tracee was held after a call and goes on now.
func (t *tracee) isReleased() bool {
	return t.interception != nil && t.interception.held != nil && t.interception.held.released
}

// handle does what an event of a tracee asks for.
func (tr *tracer) handle(e event) error {
	t := tr.tracees[e.tid]
	if t == nil {
		t = newTracee(e.tid, 0)
		t.unwanted = !tr.wants(t.pid)
		tr.tracees[e.tid] = t
		tr.announce(nil, t)
	}
	if e.ended {
		if e.killed && unix.Signal(e.status) == unix.SIGSYS {
			tr.log.fail(killedByFilter(t.pid))
		}
		if t.pid == t.tid && !t.unwanted {
			ended := Event{Moment: Ended, PID: t.pid, TID: t.tid, Status: e.status}
			if e.killed {
				ended.Signal, ended.Status = unix.Signal(e.status&0x7f), 0
			}
			tr.tells(ended)
		}
		tr.drop(t)
		releaseEnded(t.tid)
		tr.detachWhenComplete()
		return nil
	}
	return tr.handleStop(t, e.status&0xff, e.status>>8)
}

// handleStop does what a ptrace-stop asks for: ptrace(2), "Stopped states".
func (tr *tracer) handleStop(t *tracee, signal, event int) error {
	if t.isReleased() {
		if err := tr.afterRelease(t, signal, event); err != nil {
			return err
		}
	}
	switch event {
	case unix.PTRACE_EVENT_STOP:
		if isStopSignal(unix.Signal(signal)) && !tr.detaches(t) {
			t.armed, t.listening = true, true
			tr.tellHalt(t, unix.Signal(signal))
			return ptrace(unix.PTRACE_LISTEN, t.tid, 0)
		}
		t.listening = false
		tr.tellHalt(t, 0)
		if tr.holdBirth(t) {
			return nil
		}
		return tr.resume(t, 0)
	case unix.PTRACE_EVENT_CLONE, unix.PTRACE_EVENT_FORK, unix.PTRACE_EVENT_VFORK:
		if err := tr.addChild(t); err != nil {
			return err
		}
		return tr.resume(t, 0)
	case unix.PTRACE_EVENT_EXEC:
		if err := tr.afterExec(t); err != nil {
			return err
		}
		t.inCall = true // it has entered execve as another thread perhaps
		tr.tells(Event{Moment: Executed, PID: t.pid, TID: t.tid})
		return tr.resume(t, 0)
	}
	if event == 0 && signal == int(unix.SIGTRAP|0x80) {
		return tr.handleCall(t)
	}
	if event != 0 {
		signal = 0
	}
	if signal != 0 && !tr.detaches(t) {
		tr.tells(Event{Moment: Signalled, PID: t.pid, TID: t.tid, Signal: unix.Signal(signal)})
	}
	if unix.Signal(signal) == unix.SIGSYS {
		tr.log.fail(killedByFilter(t.pid))
		tr.detachAll()
	}
	return tr.resume(t, signal)
}

// isStopSignal reports whether a PTRACE_EVENT_STOP with this signal is a
// group-stop.
func isStopSignal(s unix.Signal) bool {
	return s == unix.SIGSTOP || s == unix.SIGTSTP || s == unix.SIGTTIN || s == unix.SIGTTOU
}

// detaches reports whether a tracee is detached at this stop.
func (tr *tracer) detaches(t *tracee) bool { return tr.detaching || t.unwanted }

// resume makes a tracee run to its next call and delivers the signal that it was
// stopped on; or it detaches the tracee.
func (tr *tracer) resume(t *tracee, signal int) error {
	if tr.detaches(t) {
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
	t.endInterception()
	delete(tr.tracees, t.tid)
}

// addChild adds a thread or process that a tracee has made. The kernel has
// attached it, and it will stop, if it has not yet. It may have stopped, run on
// and ended before the stop of its maker is handled.
func (tr *tracer) addChild(t *tracee) error {
	tid, err := unix.PtraceGetEventMsg(t.tid)
	if err != nil {
		return err
	}
	if tr.tracees[int(tid)] == nil && procfile.TracerOf(int(tid)) == tr.interrupter.tid {
		child := newTracee(int(tid), 0)
		child.unwanted = !tr.wants(child.pid)
		tr.tracees[int(tid)] = child
		tr.announce(t, child)
	}
	return nil
}

// tellHalt tells, once, that the first thread of a process was stopped by a signal, or
// goes on: the signal is 0 then.
func (tr *tracer) tellHalt(t *tracee, signal unix.Signal) {
	if halted := signal != 0; t.pid != t.tid || halted == t.halted || t.unwanted {
		return
	}
	t.halted = !t.halted
	moment := Continued
	if t.halted {
		moment = Stopped
	}
	tr.tells(Event{Moment: moment, PID: t.pid, TID: t.tid, Signal: signal})
}

// wants reports whether a new thread of a process is to be traced.
func (tr *tracer) wants(pid int) bool {
	return tr.options&unix.PTRACE_O_TRACEFORK != 0 || tr.isNamed(pid)
}

// isNamed reports whether a process is one of those given to Inject.
func (tr *tracer) isNamed(pid int) bool {
	return slices.ContainsFunc(tr.processes, func(p process.ID) bool { return p.PID == pid })
}

// afterExec notes that the other threads of a process that called execve have
// ended, and that the calling one has got the number of the process.
func (tr *tracer) afterExec(t *tracee) error {
	former, err := unix.PtraceGetEventMsg(t.tid)
	if err != nil {
		return err
	}
	if old := tr.tracees[int(former)]; old != nil && old != t {
		tr.drop(old)
	}
	t.endInterception() // that of the thread which had this number before
	return checkABI(process.ID{PID: t.pid})
}
