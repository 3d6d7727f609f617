package trace

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/internal/crash"
)

// Delivered is what Hit.Injected begins with when a signal was delivered to a thread
// that Injection.Hold had stopped, before it executed another instruction.
const Delivered = "delivered "

// A NoLibrary is the error of Injection.Hold for a program that makes the call in code
// of its own: it is linked statically, or its language does without the C library.
// Nothing shows then when the call has returned.
type NoLibrary struct{ PID int }

// Error names the process.
func (e *NoLibrary) Error() string {
	return fmt.Sprintf("process %d makes its system calls itself, and not in a shared C library", e.PID)
}

// A held call has failed, and its thread is stopped at its return from the C library.
type held struct {
	// library is where the library is, which the thread has to leave.
	library []procfile.Span
	// pc is the first instruction after the return.
	pc uint64
	// signals came while the thread was led out of the library. They are sent again.
	signals []unix.Signal
	// released is true when the thread goes on; delivered, when signals have led it
	// elsewhere since.
	released, delivered bool
}

// planHold finds the library that makes the call at whose entry a thread is stopped.
func planHold(t *tracee) (*held, error) {
	pc, err := programCounter(t.tid)
	if err != nil {
		return nil, err
	}
	program, err := procfile.Program(t.pid)
	if err != nil {
		return nil, err
	}
	path, library, err := procfile.Code(t.pid, pc)
	switch {
	case err != nil:
		return nil, err
	case path == "" || path == program:
		return nil, &NoLibrary{t.pid}
	}
	return &held{library: library}, nil
}

// hold leads a thread whose call has failed to its return from the library and stops
// it there until Injection.Hold is closed. The library has set errno by then.
func (tr *tracer) hold(t *tracee, what string) error {
	i := t.interception
	if err := stepOut(t, i.held); err != nil {
		return err
	}
	i.injection.changing--
	i.injection.delaying++
	over := new(atomic.Bool)
	i.over = over
	consume(t.tid)
	crash.Go(func() {
		select {
		case <-i.injection.Hold:
		case <-tr.log.done:
			return
		}
		over.Store(true)
		tr.interrupter.interrupt()
	})
	tr.addHit(t, i, what+", stopped at its return")
	return nil
}

// mostSteps is many times as many instructions as a C library executes after a call.
const mostSteps = 10_000

// stepOut has a thread execute one instruction after the other until it has left the
// library. It keeps signals from the thread meanwhile.
func stepOut(t *tracee, h *held) (err error) {
	for range mostSteps {
		if h.pc, err = programCounter(t.tid); err != nil || !procfile.Holds(h.library, h.pc) {
			return err
		}
		if err := ptrace(unix.PTRACE_SINGLESTEP, t.tid, 0); err != nil {
			return err
		}
		e, err := awaitStep(t.tid)
		switch signal := unix.Signal(e.status & 0xff); {
		case err != nil:
			return err
		case e.ended:
			return unix.ESRCH // its end is seen again
		case e.status>>8 == 0 && signal != unix.SIGTRAP:
			h.signals = append(h.signals, signal)
		}
	}
	return errors.New("a call did not return from the C library")
}

// awaitStep waits for the stop of one tracee after an instruction. It does not give up
// when the tracer is interrupted: a thread that is detached before its stop would die of
// the SIGTRAP of its step.
func awaitStep(tid int) (e event, err error) {
	for {
		if e, err = waitid(unix.P_PID, tid, traceWait); !errors.Is(err, unix.EINTR) {
			return e, err
		}
	}
}

// release lets a held thread go on. The kernel delivers the signals that wait for it
// before it executes an instruction. The tracer sees them, unless it detaches.
func (tr *tracer) release(t *tracee) error {
	i := t.interception
	for _, signal := range i.held.signals {
		if err := unix.Tgkill(t.pid, t.tid, signal); err != nil {
			return err
		}
	}
	if tr.detaches(t) {
		t.endInterception()
		return tr.resume(t, 0)
	}
	i.injection.delaying--
	i.injection.changing++
	i.over, i.held.released = nil, true
	return tr.resume(t, 0)
}

// afterRelease notes the signals that a thread takes before it goes on, and ends the
// interception at the next other stop.
func (tr *tracer) afterRelease(t *tracee, signal, event int) error {
	i := t.interception
	pc, err := programCounter(t.tid)
	if err != nil {
		return err
	}
	if event != 0 || signal == int(unix.SIGTRAP|0x80) || pc != i.held.pc && !i.held.delivered {
		t.endInterception()
		tr.detachWhenComplete()
		return nil
	}
	i.held.delivered = true
	tr.logOf(i.injection).add(Hit{
		At: time.Now(), Injection: tr.place(i.injection), PID: t.pid, TID: t.tid,
		Call: i.call.name, FD: i.fd, Injected: Delivered + unix.SignalName(unix.Signal(signal)),
	})
	return nil
}

// programCounter returns where a stopped thread goes on.
func programCounter(tid int) (uint64, error) {
	r, err := readRegisters(tid)
	return instructionPointer(&r), err
}
