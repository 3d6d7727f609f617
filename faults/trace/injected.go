// Package trace changes system calls of a running server with ptrace(2): it
// makes them fail, shortens them or holds them, and detaches.
//
// One goroutine, locked to its thread, is the tracer: the kernel lets no other
// thread act on a tracee.
package trace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/internal/crash"
)

// Injected is one or more injections that are armed.
//
// While they are, each thread of the server is stopped for some microseconds at
// each of its system calls, and /proc shows it in state t (tracing stop) then.
// SIGSTOP works on it, but shows as t instead of T: undo before a freeze, or
// freeze before Inject.
type Injected struct {
	tracer *tracer
	group  *group // nil when the injections are the tracer's own
}

// log is where the hits are.
func (i *Injected) log() *hitLog {
	if i.group != nil {
		return i.group.log
	}
	return i.tracer.log
}

// Inject attaches to each thread of each process and returns when the injections
// are armed in all of them. Threads that are made later are armed, too. The kernel
// restarts a call in which the server is blocked at that moment (ptrace(2),
// PTRACE_INTERRUPT), so that it is hit; but epoll_wait(2) and calls under
// SO_RCVTIMEO fail with EINTR then, as they do after a SIGSTOP and SIGCONT
// (signal(7)). Of several injections the first that matches a call hits it. When
// all have hit as often as they should, the tracer detaches at once.
//
// ctx bounds the arming only. The error is a NotTraceable when the machine or the
// kind of the server does not allow it; nothing is attached then. A process that
// has ended is left out; when all have, the error is process.ErrGone. No other
// goroutine may wait for one of the processes meanwhile: it could reap what the
// tracer waits for. If this program ends, the kernel detaches, and the server
// goes on.
func Inject(ctx context.Context, processes []process.ID, injections ...Injection) (*Injected, error) {
	if len(processes) == 0 || len(injections) == 0 {
		return nil, errors.New("inject: name at least one process and one injection")
	}
	for _, i := range injections {
		if err := i.Check(); err != nil {
			return nil, fmt.Errorf("inject: %w", err)
		}
	}
	if err := prepareSignals(); err != nil {
		return nil, fmt.Errorf("inject: %w", err)
	}
	if tr := watching.of(processes); tr != nil {
		return tr.join(ctx, processes, injections)
	}
	return newTracer(processes, injections).launch(ctx)
}

// launch starts the tracer, and returns when it is armed.
func (tr *tracer) launch(ctx context.Context) (*Injected, error) {
	crash.Go(func() { tr.run(ctx) })
	// From here on the tracer, and it alone, detaches what is attached.
	stop := context.AfterFunc(ctx, crash.Guarded(tr.interrupter.interrupt))
	defer stop()
	if err := tr.awaitArmed(ctx); err != nil {
		return nil, err
	}
	return &Injected{tracer: tr}, nil
}

// awaitArmed waits for the tracer, after ctx is done also until it has detached.
func (tr *tracer) awaitArmed(ctx context.Context) error {
	select {
	case err := <-tr.armed:
		return err
	case <-ctx.Done():
	}
	thread, err := awaitStopped(tr.armed, tr.processes)
	if thread != "" {
		tr.requestDetach()
		return fmt.Errorf("inject: %s; it is detached then: %w", thread, context.Cause(ctx))
	}
	return err
}

const (
	// vforkLimit is how long Undo waits for a thread that cannot be stopped because
	// it waits for its vfork child.
	vforkLimit = 5 * time.Second
	// stopLimit is how long it waits where only the machine keeps a thread, or the
	// tracer, from running.
	stopLimit = time.Minute
)

// awaitStopped returns what done delivers, or describes the thread that keeps it
// from coming.
func awaitStopped[T any](done <-chan T, processes []process.ID) (thread string, result T) {
	limit := time.After(stopLimit)
	for {
		select {
		case result = <-done:
			return "", result
		case <-limit:
			thread, _ = unstoppable(processes)
			return thread, result
		case <-time.After(vforkLimit):
			if thread, found := unstoppable(processes); found {
				return thread, result
			}
		}
	}
}

// Hits returns the calls that were hit up to now, the earliest first.
func (i *Injected) Hits() []Hit { return i.log().since(0) }

// Since returns the hits after the first n.
func (i *Injected) Since(n int) []Hit { return i.log().since(n) }

// Changed returns a channel that is closed at the next hit. Call it before Since,
// so that none is missed.
func (i *Injected) Changed() <-chan struct{} { return i.log().next() }

// Await returns when n calls were hit. When ctx is done before, or nothing is
// traced any more, the error says how many there were, and wraps the cause:
// errDisarmed, or the error of Err.
func (i *Injected) Await(ctx context.Context, n int) error { return i.log().await(ctx, n) }

// Done returns a channel that is closed when nothing is traced any more: each
// injection has hit as often as it should, or was undone, or the processes have
// ended.
func (i *Injected) Done() <-chan struct{} { return i.log().done }

// Err returns what failed while the injections were armed. It is nil before Done,
// and when they hit as often as they should or were undone; it is
// process.ErrGone when all processes ended before.
func (i *Injected) Err() error { return i.log().failure() }

// Undo disarms and detaches, and returns when nothing is traced any more. It ends
// a delay at once. A thread that waits for its vfork child cannot be stopped: the
// error names it, and it is detached as soon as it can be.
func (i *Injected) Undo() error {
	select {
	case <-i.Done():
		return nil
	default:
	}
	processes := i.tracer.processes
	if i.group == nil {
		i.tracer.requestDetach()
	} else {
		processes = i.group.processes
		i.tracer.do(func() { i.tracer.dismiss(i.group) })
	}
	if thread, _ := awaitStopped(i.Done(), processes); thread != "" {
		return fmt.Errorf("undo inject: %s; it is detached then", thread)
	}
	return nil
}
