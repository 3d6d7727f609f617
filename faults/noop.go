package faults

import "context"

// Noop is the fault that does nothing. A case that fails with it does not fail
// because of a fault.
func Noop(context.Context) (Undo, error) { return func() error { return nil }, nil }
