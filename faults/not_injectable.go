package faults

import "fmt"

// NotInjectable is the error of Inject for what is no fault of the server:
// the machine does not let it be traced, or it is of a kind that cannot be.
type NotInjectable struct {
	Target Target
	// Reason is why: "PTRACE_SEIZE: operation not permitted: Yama's ptrace_scope is 2".
	Reason string
	// Remedy is what to change, for who runs forkproof.
	Remedy string
	// Err is the error of the system call; nil when it did not come to one.
	Err error
}

// Error gives the reason and the remedy in one sentence.
func (e *NotInjectable) Error() string {
	return fmt.Sprintf("faults cannot be injected into %v: %s: %s", e.Target, e.Reason, e.Remedy)
}

// Unwrap gives the error of the system call.
func (e *NotInjectable) Unwrap() error { return e.Err }
