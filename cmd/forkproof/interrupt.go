package main

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox"
)

// An interruption ends forkproof on SIGINT, SIGTERM and SIGHUP, after it has ended
// everything that it started.
type interruption struct {
	begun  atomic.Bool
	before atomic.Pointer[func()]
}

var interrupted interruption

// onInterrupt returns a context that is done when forkproof is interrupted.
func onInterrupt(parent context.Context) (context.Context, *interruption) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	go func() {
		<-signals
		interrupted.begun.Store(true)
		cancel()
		if tidy := interrupted.before.Load(); tidy != nil {
			(*tidy)()
		}
		_, _ = os.Stderr.WriteString("forkproof: interrupted; everything it started is ended\n")
		sandbox.CloseAll()
		os.Exit(exitInterrupted)
	}()
	return ctx, &interrupted
}

// tidy sets a function that an interruption calls before it ends forkproof.
func (i *interruption) tidy(f func()) { i.before.Store(&f) }

// wait does not return during an interruption, which ends the process.
func (i *interruption) wait() {
	if i.begun.Load() {
		select {}
	}
}
