package faults

import (
	"context"

	"github.com/forkproof/forkproof/faults/trace"
)

// Noop is the fault that does nothing. A case that fails with it does not fail
// because of a fault.
func Noop(context.Context) (Undo, error) { return func() error { return nil }, nil }

// passingCall is the Noop of system calls: they are reported and left unchanged.
var passingCall = Kind{
	Name:    "pass",
	Forms:   []Form{{"", "only report the call", "fork:pass:times=1"}},
	Options: []Option{FD},
	Check:   checkTracing,
	Change:  func(*trace.Injection, string) error { return nil },
}
