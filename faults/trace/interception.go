package trace

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/forkproof/forkproof/faults/process"
	"golang.org/x/sys/unix"
)

// A claim is one call that a rule is at work on, from its entry to its exit,
// or for the time of its delay. It counts as a hit against others, so that a
// rule never hits more often than it should.
type claim struct {
	rule *rule
	form form
	fd   int
	// due says that a delay is over; nil for everything else.
	due *atomic.Bool
	// cut is a transfer that was shortened.
	cut *cut
}

// endClaim says that nothing is being done any more to the call it is in.
func (t *tracee) endClaim() {
	switch {
	case t.claim == nil:
		return
	case t.held():
		t.claim.rule.held--
	default:
		t.claim.rule.claimed--
	}
	t.claim = nil
}

// handleCall does what is to be done at the entry or the exit of a call.
func (tr *tracer) handleCall(t *tracee) error {
	var info syscallInfo
	if err := ptraceSyscallInfo(t.tid, &info); err != nil {
		return err
	}
	switch {
	case info.op == unix.PTRACE_SYSCALL_INFO_EXIT && t.claim != nil:
		return tr.atExit(t, info.result())
	case info.op == unix.PTRACE_SYSCALL_INFO_ENTRY && !tr.lets(t):
		return tr.atEntry(t, &info)
	}
	return tr.resume(t, 0)
}

// atEntry begins what the first rule that matches wants done.
func (tr *tracer) atEntry(t *tracee, info *syscallInfo) error {
	if !isNative(info) {
		return notNative(process.ID{PID: t.pid})
	}
	for _, f := range forms[info.number()] {
		for _, r := range tr.rules {
			if !tr.matches(r, t, f, info) {
				continue
			}
			c := &claim{rule: r, form: f, fd: f.descriptor(info)}
			begun, err := tr.begin(t, c, info)
			if begun || err != nil {
				return err
			}
		}
	}
	return tr.resume(t, 0)
}

// matches says whether a rule is to hit a call.
func (tr *tracer) matches(r *rule, t *tracee, f form, info *syscallInfo) bool {
	return f.call == r.Call && !r.spent() && f.applies(t.tid, info) &&
		(r.On == nil || r.On(t.tid, f.descriptor(info))) &&
		(r.Follow || tr.isTarget(t.pid)) && (r.In == nil || r.In(t.pid))
}

// begin changes a call at its entry. begun is false when the call is none that
// the rule can change, or chance spares it.
func (tr *tracer) begin(t *tracee, c *claim, info *syscallInfo) (begun bool, err error) {
	var change *cut
	if c.rule.Short > 0 {
		if change = measure(t.tid, c.form.size, info, uint64(c.rule.Short)); change == nil {
			return false, nil
		}
	}
	if c.rule.If != nil && !c.rule.If() {
		return false, nil
	}
	t.claim = c
	if c.rule.Delay > 0 {
		c.due = new(atomic.Bool)
		c.rule.held++
		consume(t.tid)
		go tr.delay(c.rule.Injection, c.due)
		tr.hit(t, c, fmt.Sprintf("delayed %v", c.rule.Delay))
		return true, nil
	}
	c.rule.claimed++
	switch {
	case change != nil:
		c.cut = change
		err = change.apply(t.tid)
	case c.rule.Errno != 0 && c.form.call != Close:
		err = skipCall(t.tid)
	}
	if err != nil {
		return true, err
	}
	return true, tr.resume(t, 0)
}

// delay says when the delay of a call is over, unless the tracer has left before.
func (tr *tracer) delay(i Injection, due *atomic.Bool) {
	select {
	case <-time.After(i.Delay):
	case <-tr.record.done:
		return
	}
	if i.Until != nil {
		select {
		case <-i.Until:
		case <-tr.record.done:
			return
		}
	}
	due.Store(true)
	tr.bell.ring()
}

// atExit ends what was begun at the entry.
func (tr *tracer) atExit(t *tracee, result int64) error {
	c := t.claim
	what, err := c.finish(t.tid, result)
	if err != nil {
		return err
	}
	t.endClaim()
	if what != "" {
		tr.hit(t, c, what)
	}
	tr.leaveWhenDone()
	return tr.resume(t, 0)
}

// finish says what was done to a call with this result; empty when nothing
// was, as to a transfer that came out short by itself, or to a call that the
// kernel begins anew after a signal.
func (c *claim) finish(tid int, result int64) (what string, err error) {
	switch {
	case c.cut != nil:
		if err := c.cut.undo(tid); err != nil || result != int64(c.rule.Short) {
			return "", err
		}
		return fmt.Sprintf("short %d of %d", c.rule.Short, c.cut.wanted), nil
	case c.rule.Errno != 0:
		return unix.ErrnoName(c.rule.Errno), setResult(tid, -int64(c.rule.Errno))
	case begunAnew(result):
		return "", nil
	}
	return "let pass", nil
}

// begunAnew says whether a result is ERESTARTSYS (512) to ERESTART_RESTARTBLOCK
// (516), which programs never see.
func begunAnew(result int64) bool { return -result >= 512 && -result <= 516 }

// hit counts and tells of a call that was changed.
func (tr *tracer) hit(t *tracee, c *claim, what string) {
	c.rule.hits++
	tr.record.add(Hit{
		At: time.Now(), Rule: slices.Index(tr.rules, c.rule), PID: t.pid, TID: t.tid,
		Call: c.form.name, FD: c.fd, Injected: what,
	})
}
