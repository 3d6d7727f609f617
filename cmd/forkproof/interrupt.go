package main

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// finishLimit guards against a command that does not finish after an interruption.
const finishLimit = 10 * time.Second

// An interruption ends forkproof on a signal that asks for it, and after a panic in any
// of its goroutines, with everything that it started gone.
type interruption struct {
	begun    atomic.Bool
	before   atomic.Pointer[func()]
	last     atomic.Pointer[func()]
	instead  atomic.Pointer[func()]
	finished atomic.Pointer[chan struct{}]
	signals  chan os.Signal
	failures chan error // panics
}

var interrupted = interruption{signals: make(chan os.Signal, 2), failures: make(chan error, 1)}

// onInterrupt returns a context that is cancelled when forkproof is interrupted, or when
// one of its goroutines panics, which is the cause then.
func onInterrupt(parent context.Context) (context.Context, *interruption) {
	ctx, cancel := context.WithCancelCause(parent)
	signal.Notify(interrupted.signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGABRT)
	crash.Handle(interrupted.fail)
	crash.Go(func() { interrupted.end(cancel) })
	return ctx, &interrupted
}

// fail has an interruption end forkproof after a panic. The first panic tells enough.
func (i *interruption) fail(err error) {
	i.begun.Store(true)
	select {
	case i.failures <- err:
	default:
	}
}

// end ends forkproof when it is interrupted.
func (i *interruption) end(cancel context.CancelCauseFunc) {
	code := exitNotJudged
	defer func() { os.Exit(code) }() // should end itself panic, too
	var failure error
	for asked := false; !asked; {
		asked = true
		select {
		case <-i.signals:
			if instead := i.instead.Swap(nil); instead != nil {
				(*instead)()
				asked = false
			}
		case failure = <-i.failures:
		}
	}
	i.begun.Store(true)
	cancel(failure)
	if finished := i.finished.Load(); finished != nil {
		i.within(*finished)
	}
	i.rescue()
	if tidy := i.before.Load(); tidy != nil {
		(*tidy)()
	}
	if failure != nil {
		complain(failure)
	} else {
		code = exitInterrupted
		_, _ = os.Stderr.WriteString("forkproof: interrupted; everything it started is ended\n")
	}
	sandbox.CloseAll()
}

// within returns when done is closed, or at the limit, or at one more signal: that one
// is impatient.
func (i *interruption) within(done <-chan struct{}) {
	select {
	case <-done:
	case <-i.signals:
	case <-time.After(finishLimit):
	}
}

// once has the first signal call f instead of ending forkproof. The second ends it.
func (i *interruption) once(f func()) { i.instead.Store(&f) }

// tidy has f called before forkproof ends by interruption.
func (i *interruption) tidy(f func()) { i.before.Store(&f) }

// await has an interruption wait until finish is called, or a second one comes. When the
// command did not call claim until then, the interruption calls last.
func (i *interruption) await(last func()) {
	finished := make(chan struct{})
	i.finished.Store(&finished)
	i.last.Store(&last)
}

// claim says that the command itself does now what was left to last. It does not return
// when an interruption has begun to do so.
func (i *interruption) claim() {
	if i.last.Swap(nil) == nil {
		select {}
	}
}

// rescue does what the command has not come to do.
func (i *interruption) rescue() {
	last := i.last.Swap(nil)
	if last == nil {
		return
	}
	done := make(chan struct{})
	crash.Go(func() {
		defer close(done)
		(*last)()
	})
	i.within(done)
}

// finish lets an interruption end forkproof. It does not return when one is under way.
func (i *interruption) finish() {
	close(*i.finished.Load())
	i.wait()
}

// wait does not return when an interruption is under way: that ends the process.
func (i *interruption) wait() {
	if i.begun.Load() {
		select {}
	}
}
