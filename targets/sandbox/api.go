package sandbox

import (
	_ "github.com/forkproof/forkproof/targets/sandbox/inside" // a binary that links this package is its own init
	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// What forkproof tells an init, and what its callers give it.
type (
	// Program is what a host runs, and how it starts.
	Program = wire.Program
	// Conditions are what a program inherits at its start.
	Conditions = wire.Conditions
	// Limits bound what one server's tree may take of the machine.
	Limits = wire.Limits
	// StepError is what an init could not do, with the system's reason.
	StepError = wire.StepError
)

// DefaultLimits fit every server that was met so far.
func DefaultLimits() Limits { return wire.DefaultLimits() }
