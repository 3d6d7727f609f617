package trace

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/process"
)

// NotRestarting returns those of a process's caught signals that interrupt a blocked
// call with EINTR: their handlers lack SA_RESTART (sigaction(2)). /proc does not show
// the flag, so the process is made to call rt_sigaction in place of its next call, which
// it makes afterwards. A seccomp filter of its own may kill it for that. ctx and the
// errors are as for Inject.
func NotRestarting(ctx context.Context, p process.ID, caught []unix.Signal) ([]unix.Signal, error) {
	if len(caught) == 0 {
		return nil, nil
	}
	if err := prepareSignals(); err != nil {
		return nil, fmt.Errorf("read handlers: %w", err)
	}
	question := &inquiry{caught: caught, done: make(chan struct{})}
	if tr := watching.of([]process.ID{p}); tr != nil {
		return tr.inquire(ctx, p, question)
	}
	tr := newTracer([]process.ID{p}, []Injection{{}}) // of no family: it hits nothing
	tr.inquiry = question
	armed, err := tr.launch(ctx)
	if err != nil {
		return nil, err
	}
	select {
	case <-armed.Done():
	case <-ctx.Done():
	}
	if err := errors.Join(armed.Undo(), armed.Err()); err != nil {
		return nil, err
	}
	if question.answered < len(caught) {
		return nil, fmt.Errorf("read handlers of %v: it makes no call: %w", p, context.Cause(ctx))
	}
	return question.interrupting, nil
}

// An inquiry has one thread of the process call rt_sigaction for one signal after the
// other. The tracer alone uses it until nothing is traced any more.
type inquiry struct {
	caught       []unix.Signal
	answered     int
	interrupting []unix.Signal
	done         chan struct{} // closed at the end, when the tracer watches

	asked   *tracee   // that makes the calls; nil before
	before  registers // of it, at the entry of its own call
	scratch [4]word   // memory that the kernel writes the answer to
}

// below is how far below the stack pointer the scratch memory is: nothing of the
// program is kept there, not even in the red zone.
const below = 512

// takes reports whether a stop of a tracee at a call belongs to the inquiry.
func (q *inquiry) takes(t *tracee, info *syscallInfo) bool {
	if q == nil || q.answered == len(q.caught) {
		return false
	}
	return q.asked == t || q.asked == nil && info.op == unix.PTRACE_SYSCALL_INFO_ENTRY
}

// ask handles a stop of the tracee that is asked. It is not detached before its
// registers and memory are as they were.
func (tr *tracer) ask(t *tracee, info *syscallInfo) error {
	q := tr.inquiry
	switch {
	case info.op != unix.PTRACE_SYSCALL_INFO_ENTRY:
		return tr.answer(t, info.result())
	case q.asked == t:
	case tr.detaches(t):
		return tr.resume(t, 0)
	case !isNative(info):
		return notNative(t.pid)
	default:
		if err := q.begin(t); err != nil {
			return err
		}
	}
	return ptrace(unix.PTRACE_SYSCALL, t.tid, 0)
}

// begin puts the first call of the inquiry in the place of the tracee's own.
func (q *inquiry) begin(t *tracee) error {
	before, err := readRegisters(t.tid)
	if err != nil {
		return err
	}
	at := (stackPointer(&before) - below) &^ 15
	for i := range q.scratch {
		q.scratch[i].addr = at + uint64(8*i)
		if q.scratch[i].before, err = readWord(t.tid, q.scratch[i].addr); err != nil {
			return fmt.Errorf("no room on the stack: %w", err)
		}
	}
	q.asked, q.before = t, before
	return replaceCall(t.tid, before, unix.SYS_RT_SIGACTION, q.arguments())
}

func (q *inquiry) arguments() [4]uint64 {
	const sizeOfMask = 8
	return [4]uint64{uint64(q.caught[q.answered]), 0, q.scratch[0].addr, sizeOfMask}
}

// answer takes what rt_sigaction returned and has the tracee make the next call: the
// last one is its own.
func (tr *tracer) answer(t *tracee, result int64) error {
	const flags = 1 // the second member of the kernel's struct sigaction
	q := tr.inquiry
	var failed error
	if result != 0 {
		failed = fmt.Errorf("rt_sigaction: %w", unix.Errno(-result))
	} else if word, err := readWord(t.tid, q.scratch[flags].addr); err != nil {
		failed = err
	} else if word&saRestart == 0 {
		q.interrupting = append(q.interrupting, q.caught[q.answered])
	}
	if q.answered++; failed == nil && q.answered < len(q.caught) && !tr.detaching {
		if err := makeCall(t.tid, q.before, unix.SYS_RT_SIGACTION, q.arguments()); err != nil {
			return err
		}
		return ptrace(unix.PTRACE_SYSCALL, t.tid, 0)
	}
	for _, w := range slices.Backward(q.scratch[:]) {
		failed = errors.Join(failed, writeWord(t.tid, w.addr, w.before))
	}
	if err := errors.Join(failed, makeOwnCall(t.tid, q.before)); err != nil {
		return err
	}
	if tr.watch == nil {
		tr.detachAll()
	} else {
		tr.inquiry = nil
		close(q.done)
	}
	return tr.resume(t, 0)
}

// inquire is NotRestarting on a tracer that watches the process.
func (tr *tracer) inquire(ctx context.Context, p process.ID, q *inquiry) ([]unix.Signal, error) {
	tr.do(func() {
		tr.inquiry = q
		tr.interruptAll(func(t *tracee) bool { return t.pid == p.PID })
	})
	select {
	case <-q.done:
		return q.interrupting, nil
	case <-tr.log.done:
		return nil, &process.GoneError{Process: p, Op: "read handlers"}
	case <-ctx.Done():
		return nil, fmt.Errorf("read handlers of %v: it makes no call: %w", p, context.Cause(ctx))
	}
}
