package trace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forkproof/forkproof/faults/process"
)

// A Hit is one call that an injection changed.
type Hit struct {
	// At is when.
	At time.Time
	// Rule is the index of the injection that hit, in the order given to Inject.
	Rule int
	// PID and TID are the process and its thread that made the call.
	PID, TID int
	// Call is the system call that was made, as in "clone3".
	Call string
	// FD is the descriptor it was made on; -1 when it takes none.
	FD int
	// Injected is what was done: "EAGAIN", "short 512 of 4096",
	// "delayed 300ms", or "let pass".
	Injected string
}

// ErrDisarmed is the cause when hits are awaited that cannot come any more,
// because the injections have hit as often as they should, or were undone.
var ErrDisarmed = errors.New("nothing is armed any more")

const (
	// undoLimit is how long Undo waits for a thread that cannot be stopped, as it
	// waits for its vfork child.
	undoLimit = 5 * time.Second
	// undoGuard is how long it waits where nothing but the machine keeps a thread,
	// or the tracer, from its turn.
	undoGuard = time.Minute
)

// Injected is one or more injections at work.
//
// While they are armed, each thread of the server is stopped for some
// microseconds at each of its system calls, and /proc shows it in state t
// (tracing stop) then. SIGSTOP works on it, but shows as t instead of T: undo
// before Freeze, or freeze before Inject.
type Injected struct {
	tracer *tracer
	record *record
}

// Inject attaches to each thread of each target and returns when the
// injections are armed in all of them. Threads that are made later are armed,
// too. A call in which the server is blocked at that moment is begun anew
// (ptrace(2), PTRACE_INTERRUPT), and so is hit; but epoll_wait(2) and calls
// under SO_RCVTIMEO fail with EINTR then, as they do after a SIGSTOP and
// SIGCONT (signal(7)). Of several injections the first that matches a call
// hits it. When all have hit as often as they should, the tracer detaches at
// once.
//
// ctx bounds the arming only. The error is a NotInjectable when the machine
// or the kind of the server does not allow it; nothing is attached then. A
// target that has ended is left out; when all have, it is a ProcessGone. A target must not be a child
// that this process waits for meanwhile: that could take away what the tracer
// waits for. If this process ends, the kernel detaches, and the server goes on.
func Inject(ctx context.Context, targets []process.ID, injections ...Injection) (*Injected, error) {
	if len(targets) == 0 || len(injections) == 0 {
		return nil, errors.New("inject: name at least one process and one injection")
	}
	for _, i := range injections {
		if err := i.check(); err != nil {
			return nil, err
		}
	}
	if err := prepareSignals(); err != nil {
		return nil, fmt.Errorf("inject: %w", err)
	}
	tr := &tracer{
		targets: targets, record: newRecord(), options: traceOptions,
		tracees: map[int]*tracee{}, armed: make(chan error, 1),
	}
	for _, i := range injections {
		if i.Follow {
			tr.options |= followOptions
		}
		tr.rules = append(tr.rules, &rule{Injection: i})
	}
	go tr.run(ctx)
	// From here on what is attached is detached by the tracer, and by it alone.
	stop := context.AfterFunc(ctx, tr.bell.ring)
	defer stop()
	if err := tr.awaitArmed(ctx); err != nil {
		return nil, err
	}
	return &Injected{tr, tr.record}, nil
}

// awaitArmed gives the tracer time, after ctx is done, to detach again.
func (tr *tracer) awaitArmed(ctx context.Context) error {
	select {
	case err := <-tr.armed:
		return err
	case <-ctx.Done():
	}
	name, err := awaitStopped(tr.armed, tr.targets)
	if name != "" {
		tr.undo.Store(true)
		go tr.bell.ring()
		return fmt.Errorf("inject: %s; it is let go then: %w", name, context.Cause(ctx))
	}
	return err
}

// awaitStopped gives what comes over a channel, or names the thread that keeps it
// from coming: one that waits for its vfork child is waited for in vain.
func awaitStopped[T any](done <-chan T, targets []process.ID) (name string, what T) {
	guard := time.After(undoGuard)
	for {
		select {
		case what = <-done:
			return "", what
		case <-guard:
			name, _ = unstopped(targets)
			return name, what
		case <-time.After(undoLimit):
			if name, found := unstopped(targets); found {
				return name, what
			}
		}
	}
}

// Hits are the calls that were hit up to now, the earliest first.
func (i *Injected) Hits() []Hit { return i.record.since(0) }

// Since are the hits after the first n.
func (i *Injected) Since(n int) []Hit { return i.record.since(n) }

// Changed is closed at the next hit. Take it before Since, so that none is missed.
func (i *Injected) Changed() <-chan struct{} { return i.record.next() }

// Await returns when n calls have been hit. When ctx is done before, or
// nothing is traced any more and n will never be reached, the error says how
// many there were, and wraps the cause: ErrDisarmed, or what Err gives.
func (i *Injected) Await(ctx context.Context, n int) error { return i.record.await(ctx, n) }

// Done is closed when nothing is traced any more: each injection has hit as
// often as it should, or was undone, or the targets have ended.
func (i *Injected) Done() <-chan struct{} { return i.record.done }

// Err says what went wrong while it was armed. It is nil before Done, and when
// the injections hit as often as they should or were undone; it is a
// ProcessGone when all targets ended before.
func (i *Injected) Err() error { return i.record.failure() }

// Undo disarms and detaches, and returns when nothing is traced any more. A
// delay ends at once. A thread that cannot be stopped, as one that waits for
// its vfork child, is let go as soon as it can be; the error names it.
func (i *Injected) Undo() error {
	select {
	case <-i.record.done:
		return nil
	default:
	}
	i.tracer.undo.Store(true)
	go i.tracer.bell.ring()
	if name, _ := awaitStopped(i.record.done, i.tracer.targets); name != "" {
		return fmt.Errorf("undo inject: %s; it is let go then", name)
	}
	return nil
}
