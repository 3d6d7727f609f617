// Package faults disturbs a running server from outside, by the kernel's own
// means, and undoes what it did.
//
// A fault is a function that disturbs and returns how to undo it; Noop is the
// one that does nothing, the control of every experiment. Processes are named
// by pid and start time and held by a pidfd (pidfd_open(2)) while a fault is
// at work, so that a process which merely got the same pid is never hit.
package faults

import (
	"context"
	"sync"
)

// A Fault disturbs a server until it is undone. ctx bounds the disturbing
// only. When the error is not nil, nothing is left to undo.
type Fault func(ctx context.Context) (Undo, error)

// An Undo puts back what a fault changed. It may be called more than once and
// from several goroutines, and after the process has ended, which is success.
// After a failure it may be tried again. Call it in any case: until then a
// fault may hold descriptors.
type Undo func() error

// once makes an Undo of a function that is not to be called again once it has
// succeeded.
func once(undo func() error) Undo {
	var mu sync.Mutex
	done := false
	return func() error {
		mu.Lock()
		defer mu.Unlock()
		if done {
			return nil
		}
		err := undo()
		done = err == nil
		return err
	}
}
