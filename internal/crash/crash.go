// Package crash has a panic in any goroutine of forkproof end the program in order:
// with everything that it started gone, and what it found out told.
package crash

import (
	"fmt"
	"path"
	"runtime"
	"strings"
	"sync/atomic"
)

// module is the prefix of the names of forkproof's own functions.
const module = "github.com/forkproof/"

// handler is what is called after a panic; nil while a panic is to end the program.
var handler atomic.Pointer[func(error)]

// Handle has f called after a panic in a goroutine that Go or Guarded runs, in that
// goroutine, with one sentence that says what failed and where. Without a handler,
// such a panic ends the program as any other does.
func Handle(f func(error)) { handler.Store(&f) }

// Go runs f in a goroutine of its own.
func Go(f func()) { go Guarded(f)() }

// Guarded returns f for a goroutine that another package starts, as WaitGroup.Go and
// AfterFunc do.
func Guarded(f func()) func() {
	return func() {
		defer func() {
			handle := handler.Load()
			if handle == nil {
				return
			}
			if value := recover(); value != nil {
				(*handle)(fmt.Errorf("forkproof failed, which is a defect of forkproof: %v (%s)", value, place()))
			}
		}()
		f()
	}
}

// place returns the innermost line of forkproof's that panicked. It is called while the
// stack of the panic is still there.
func place() string {
	calls := make([]uintptr, 64)
	frames := runtime.CallersFrames(calls[:runtime.Callers(1, calls)])
	panicked := false
	for {
		frame, more := frames.Next()
		if panicked && strings.HasPrefix(frame.Function, module) {
			return fmt.Sprintf("%s/%s:%d", path.Base(path.Dir(frame.File)), path.Base(frame.File), frame.Line)
		}
		panicked = panicked || frame.Function == "runtime.gopanic"
		if !more {
			return "unknown place"
		}
	}
}
