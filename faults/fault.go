// Package faults disturbs a running server from outside, by the kernel's own
// means, and undoes what it did.
//
// A fault is a function that disturbs and returns how to undo it; Noop does
// nothing and is the control of every experiment. A process is named by its pid
// and start time and held by a pidfd (pidfd_open(2)) while a fault is at work, so
// that a process that has got the same pid is never hit.
package faults

import (
	"context"
	"sync"

	"github.com/forkproof/forkproof/faults/process"
)

// A Process is one process of a server, named by pid and start time.
type Process = process.ID

// ErrGone matches the error of a fault whose process has ended: it does not
// exist, its pid belongs to another process, or it is a zombie.
var ErrGone = process.ErrGone

// A Fault disturbs a server until it is undone. ctx bounds the disturbing only.
// When the error is not nil, nothing is left to undo.
type Fault func(ctx context.Context) (Undo, error)

// An Undo restores what a fault changed. It may be called more than once and
// from several goroutines, and after the process has ended, which is success.
// After a failure it may be called again. Call it in any case: until then a
// fault may hold descriptors.
type Undo func() error

// once returns an Undo that calls undo until it has succeeded once.
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
