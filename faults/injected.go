package faults

import (
	"context"
	"errors"
	"time"
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

// Injected is one or more injections at work.
//
// While they are armed, each thread of the server is stopped for some
// microseconds at each of its system calls, and /proc shows it in state t
// (tracing stop) then. SIGSTOP works on it, but shows as t instead of T:
// Freeze first and then Inject, or the other way round undo first.
type Injected struct{}

// Inject attaches to each thread of each target and returns when the
// injections are armed in all of them. Threads that are made later are armed,
// too. A call in which the server is blocked at that moment is begun anew
// (ptrace(2), PTRACE_INTERRUPT), and so is hit; but epoll_wait(2) and calls
// under SO_RCVTIMEO fail with EINTR then, as they do after a SIGSTOP and
// SIGCONT (signal(7)). When all injections have hit as often as they should,
// the tracer detaches at once.
//
// ctx bounds the arming only. The error is a NotInjectable when the machine
// or the kind of the server does not allow it, and a ProcessGone when a
// target has ended; nothing is attached then. A target must not be a child
// that this process waits for meanwhile: that could take away what the tracer
// waits for. If this process ends, the kernel detaches, and the server goes on.
func Inject(ctx context.Context, targets []Target, injections ...Injection) (*Injected, error) {
	_, _ = ctx, targets
	for _, i := range injections {
		if err := i.check(); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("inject: not built yet")
}

// Hits are the calls that were hit up to now, the earliest first.
func (i *Injected) Hits() []Hit { return nil }

// Await returns when n calls have been hit. When ctx is done before, or
// nothing is traced any more and n will never be reached, the error says how
// many there were, and wraps the cause.
func (i *Injected) Await(ctx context.Context, n int) error {
	_, _ = ctx, n
	return errors.New("inject: not built yet")
}

// Done is closed when nothing is traced any more: each injection has hit as
// often as it should, or was undone, or the targets have ended.
func (i *Injected) Done() <-chan struct{} { return nil }

// Err says what went wrong while it was armed. It is nil before Done, and when
// the injections hit as often as they should or were undone; it is a
// ProcessGone when all targets ended before.
func (i *Injected) Err() error { return nil }

// Undo disarms and detaches, and returns when nothing is traced any more. It
// is an Undo. A thread that cannot be stopped, as one that waits for its vfork
// child, is let go as soon as it can be; the error names it.
func (i *Injected) Undo() error { return nil }
