package trace

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// An interception is one call that an injection changes, from its entry to its
// exit, or for the time of its delay. It counts as a hit when the injection
// decides on further calls, so that none hits more often than it should.
type interception struct {
	injection *armedInjection
	call      signature
	fd        int
	// over is true when a delay has ended; nil when the call is not delayed.
	over *atomic.Bool
	// short is a transfer that was shortened; nil for any other change.
	short *shortTransfer
	// skipped is the call that fails; nil for any other change.
	skipped *skip
	// held is where the thread is stopped after the call; nil when it is not.
	held *held
}

// endInterception ends the change of the call that the tracee is in.
func (t *tracee) endInterception() {
	switch {
	case t.interception == nil:
		return
	case t.delayed():
		t.interception.injection.delaying--
	default:
		t.interception.injection.changing--
	}
	t.interception = nil
}

// handleCall handles the entry or the exit of a call.
func (tr *tracer) handleCall(t *tracee) error {
	var info syscallInfo
	if err := ptraceSyscallInfo(t.tid, &info); err != nil {
		return err
	}
	if tr.inquiry.takes(t, &info) {
		return tr.ask(t, &info)
	}
	tr.tellCall(t, &info)
	switch {
	case tr.saw != nil && info.op == unix.PTRACE_SYSCALL_INFO_ENTRY:
		tr.recordEntry(t, &info)
	case tr.saw != nil && info.op == unix.PTRACE_SYSCALL_INFO_EXIT:
		tr.recordExit(t, info.result())
	}
	switch {
	case info.op == unix.PTRACE_SYSCALL_INFO_EXIT && t.interception != nil:
		return tr.atExit(t, info.result())
	case info.op == unix.PTRACE_SYSCALL_INFO_ENTRY && !tr.detaches(t):
		return tr.atEntry(t, &info)
	}
	return tr.resume(t, 0)
}

// atEntry begins the change of the first injection that matches.
func (tr *tracer) atEntry(t *tracee, info *syscallInfo) error {
	if !isNative(info) {
		return notNative(t.pid)
	}
	for _, call := range signatures[info.number()] {
		for _, injection := range tr.everyInjection() {
			if !tr.matches(injection, t, call, info) {
				continue
			}
			i := &interception{injection: injection, call: call, fd: call.descriptor(info)}
			begun, err := tr.begin(t, i, info)
			if err != nil && injection.group != nil && !errors.Is(err, unix.ESRCH) {
				injection.group.fail(err)
				t.endInterception()
				return tr.resume(t, 0)
			}
			if begun || err != nil {
				return err
			}
		}
	}
	return tr.resume(t, 0)
}

// matches reports whether an injection is to hit a call.
func (tr *tracer) matches(i *armedInjection, t *tracee, call signature, info *syscallInfo) bool {
	return call.family == i.Family && !i.spent() && call.applies(t.tid, info) &&
		(i.On == nil || i.On(t.tid, call.descriptor(info))) &&
		tr.concerns(i, t.pid) && (i.In == nil || i.In(t.pid))
}

// begin changes a call at its entry. begun is false when the injection cannot
// change this call, or its If declines.
func (tr *tracer) begin(t *tracee, i *interception, info *syscallInfo) (begun bool, err error) {
	var short *shortTransfer
	if i.injection.Short > 0 {
		if short = planShort(t.tid, i.call.length, info, uint64(i.injection.Short)); short == nil {
			return false, nil
		}
	}
	if i.injection.If != nil && !i.injection.If() {
		return false, nil
	}
	if i.injection.Hold != nil {
		if i.held, err = planHold(t); err != nil {
			return true, err
		}
	}
	t.interception = i
	if i.injection.Delay > 0 {
		tr.beginDelay(t, i)
		return true, nil
	}
	i.injection.changing++
	switch {
	case short != nil:
		i.short = short
		err = short.apply(t.tid)
	case i.injection.Errno != 0 && i.call.family != Close:
		i.skipped, err = i.call.skip(t.tid, info)
	}
	if err != nil {
		return true, err
	}
	return true, tr.resume(t, 0)
}

// atExit ends what was begun at the entry.
func (tr *tracer) atExit(t *tracee, result int64) error {
	i := t.interception
	if i.skipped.filtered(t.tid) {
		return killedByFilter(t.pid)
	}
	what, err := i.finish(t.tid, result)
	if err != nil {
		return err
	}
	if i.held != nil && !tr.detaches(t) {
		return tr.hold(t, what)
	}
	t.endInterception()
	if what != "" {
		tr.addHit(t, i, what)
	}
	tr.detachWhenComplete()
	return tr.resume(t, 0)
}

// finish completes the change of a call with this result and describes it. It
// returns "" when the call is no hit: a transfer that came out short by itself, or
// a call that the kernel restarts after a signal.
func (i *interception) finish(tid int, result int64) (what string, err error) {
	switch {
	case i.short != nil:
		if err := i.short.undo(tid); err != nil || result != int64(i.injection.Short) {
			return "", err
		}
		return fmt.Sprintf("short %d of %d", i.injection.Short, i.short.requested), nil
	case i.injection.Errno != 0:
		err := i.skipped.undo(tid)
		return unix.ErrnoName(i.injection.Errno), cmp.Or(err, setResult(tid, -int64(i.injection.Errno)))
	case isRestart(result):
		return "", nil
	}
	return "let pass", nil
}

// isRestart reports whether a result is ERESTARTSYS (512) to ERESTART_RESTARTBLOCK
// (516), which programs never see.
func isRestart(result int64) bool { return -result >= 512 && -result <= 516 }

// addHit counts and reports a call that was changed.
func (tr *tracer) addHit(t *tracee, i *interception, what string) {
	i.injection.hits++
	h := Hit{
		At: time.Now(), Injection: tr.place(i.injection), PID: t.pid, TID: t.tid,
		Call: i.call.name, FD: i.fd, Injected: what,
	}
	if i.injection.Look != nil {
		h.Looked = i.injection.Look(t.pid, t.tid)
	}
	tr.logOf(i.injection).add(h)
}

// place returns the index of an injection in the order given to Inject.
func (tr *tracer) place(i *armedInjection) int {
	if i.group != nil {
		return slices.Index(i.group.injections, i)
	}
	return slices.Index(tr.injections, i)
}
