package main

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox"
)

// finishLimit guards against a command that does not finish after an interruption.
const finishLimit = 10 * time.Second

// An interruption ends forkproof on SIGINT, SIGTERM and SIGHUP, with everything that
// it started gone.
type interruption struct {
	begun    atomic.Bool
	before   atomic.Pointer[func()]
	finished atomic.Pointer[chan struct{}]
}

var interrupted interruption

// onInterrupt returns a context that is cancelled when forkproof is interrupted.
func onInterrupt(parent context.Context) (context.Context, *interruption) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	go func() {
		<-signals
		interrupted.begun.Store(true)
		cancel()
		if finished := interrupted.finished.Load(); finished != nil {
			select {
			case <-*finished:
			case <-signals: // the second one is impatient
			case <-time.After(finishLimit):
			}
		}
		if tidy := interrupted.before.Load(); tidy != nil {
			(*tidy)()
		}
		_, _ = os.Stderr.WriteString("forkproof: interrupted; everything it started is ended\n")
		sandbox.CloseAll()
		os.Exit(exitInterrupted)
	}()
	return ctx, &interrupted
}

// tidy has f called before forkproof ends by interruption.
func (i *interruption) tidy(f func()) { i.before.Store(&f) }

// await has an interruption wait until finish is called, or a second one comes.
func (i *interruption) await() {
	finished := make(chan struct{})
	i.finished.Store(&finished)
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
