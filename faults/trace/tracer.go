package trace

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/internal/crash"
)

// A tracer is the thread that traces a server while injections are armed. The
// kernel lets no other thread do it, ptrace(2).
type tracer struct {
	processes   []process.ID
	injections  []*armedInjection
	log         *hitLog
	interrupter interrupter
	options     uintptr
	saw         func(Call) // told of the calls that are recorded; nil records none
	calls       int        // that began and are recorded
	inquiry     *inquiry   // about its handlers; nil when there is none
	watch       *watch     // of all that happens; nil when it is not told
	joined      []*group   // injections that it serves beside its own

	tracees   map[int]*tracee
	armed     chan error  // delivers, once, the result of the arming
	commands  chan func() // what else it is to do, see do
	undone    atomic.Bool // asks it to detach; interrupt it then
	detaching bool        // each tracee is detached at its next stop
}

// An armedInjection is an injection with its counts.
type armedInjection struct {
	Injection
	hits int
	// changing is how many calls it changes at this moment.
	changing int
	// delaying is how many calls, hits already, it holds at this moment.
	delaying int
	// group is the one that it belongs to; nil when it is the tracer's own.
	group *group
}

// spent reports whether it hits no further call.
func (i *armedInjection) spent() bool { return i.Times > 0 && i.hits+i.changing >= i.Times }

// complete reports whether it has hit as often as it should.
func (i *armedInjection) complete() bool {
	return i.Times > 0 && i.hits >= i.Times && i.changing+i.delaying == 0
}

func newTracer(processes []process.ID, injections []Injection) *tracer {
	tr := &tracer{
		processes: processes, log: newHitLog(), options: traceOptions,
		tracees: map[int]*tracee{}, armed: make(chan error, 1), commands: make(chan func(), 16),
	}
	for _, i := range injections {
		if i.Follow {
			tr.options |= followOptions
		}
		tr.injections = append(tr.injections, &armedInjection{Injection: i})
	}
	return tr
}

// run attaches, traces and detaches. At its end the thread returns to the Go
// runtime and lives on: children that were started on it may be bound to its life
// by PR_SET_PDEATHSIG, prctl(2).
func (tr *tracer) run(ctx context.Context) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tr.interrupter.start()
	err := tr.arm(ctx)
	if err != nil {
		tr.detachAll()
	}
	// Inject returns a failure when all is undone, and success at once: without
	// Gosched its goroutine would stay queued on this thread, which is about to
	// block, until another one takes it over.
	if err == nil {
		tr.armed <- nil
		runtime.Gosched()
	}
	lost := tr.trace(func() bool { return false })
	tr.dismissJoined(lost)
	tr.interrupter.stop()
	if err != nil {
		tr.armed <- errors.Join(err, lost)
	}
	tr.log.finish(lost)
}

// trace handles the stops of the tracees until none is left, or enough is true.
func (tr *tracer) trace(enough func() bool) error {
	for {
		tr.interrupter.acknowledge()
		if tr.undone.Load() {
			tr.detachAll()
		}
		tr.obey()
		tr.finishJoined()
		tr.resumeDelayed()
		tr.releaseBorn()
		if enough() {
			return nil
		}
		if len(tr.tracees) == 0 && !tr.addUnannounced() {
			return tr.ending()
		}
		e, ok, err := tr.wait()
		if errors.Is(err, unix.ECHILD) {
			clear(tr.tracees) // others have reaped them
			continue
		}
		if err != nil {
			return err
		}
		if ok {
			tr.abortOn(tr.handle(e), e.tid)
		}
	}
}

// abortOn ends the tracing after an error, and detaches the tracee that it is of.
func (tr *tracer) abortOn(err error, tid int) {
	if err == nil || errors.Is(err, unix.ESRCH) {
		return // ESRCH: the tracee was killed while it was stopped; its end comes next
	}
	var refused *NotTraceable
	if !errors.As(err, &refused) {
		err = fmt.Errorf("inject: ptrace: thread %d: %w", tid, err)
	}
	tr.log.fail(err)
	tr.detachAll()
	if t := tr.tracees[tid]; t != nil {
		_ = ptrace(unix.PTRACE_DETACH, t.tid, 0) // there is nothing else to try
		tr.drop(t)
	}
}

// ending returns the error when nothing is traced any more: ErrGone when the
// processes ended before the injections were complete or undone.
func (tr *tracer) ending() error {
	if tr.detaching || len(tr.processes) == 0 {
		return nil
	}
	return &process.GoneError{Process: tr.processes[0], Op: "inject"}
}

// requestDetach asks the tracer, from another goroutine, to detach.
func (tr *tracer) requestDetach() {
	tr.undone.Store(true)
	crash.Go(tr.interrupter.interrupt)
}

// detachAll makes every tracee stop, and be detached at that stop.
func (tr *tracer) detachAll() {
	if tr.detaching {
		return
	}
	tr.detaching = true
	for _, t := range tr.tracees {
		if t.delayed() {
			_ = tr.endDelay(t) // ESRCH: it was killed; its end comes next
			continue
		}
		_ = unix.PtraceInterrupt(t.tid) // likewise
	}
}

// detachWhenComplete ends the tracing when every injection is complete.
func (tr *tracer) detachWhenComplete() {
	if !slices.ContainsFunc(tr.injections, func(i *armedInjection) bool { return !i.complete() }) {
		tr.detachAll()
	}
}
