package faults

import (
	"context"
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/faults/trace"
)

// kinds is the table of faults. A new one is a file of its own and a line here;
// the parser of rules, the help and "forkproof doctor" follow.
var kinds = []Kind{
	// Faults in system calls.
	failingCall, shortTransfer, delayedCall, passingCall,
	// All others.
	signalKind, descriptorKind, memoryKind, processKind,
	freezeKind, crowdKind, loopbackKind, clientKind,
}

// A Kind is one kind of fault, which a rule can name. Either Change or Make is set.
type Kind struct {
	// Name is its name in a rule.
	Name string
	// Forms are the ways to write its value.
	Forms []Form
	// Options are those that its rules take besides the common ones: For, FD.
	Options []Option
	// OwnNetwork is true when the server needs a network of its own.
	OwnNetwork bool
	// Change makes the fault of a rule CALL:NAME=VALUE: it sets in an injection
	// what happens to the calls.
	Change func(i *trace.Injection, value string) error
	// Make makes the fault of a rule NAME=VALUE.
	Make func(value string) (Action, error)
	// Check tries the fault on a process. The error is an *Unavailable when this
	// machine does not allow the fault. nil: every machine does.
	Check func(context.Context, Probe) error
}

// A Form is one way to write the value of a fault.
type Form struct {
	// Value stands for the value, as "DURATION"; empty when there is none.
	Value string
	// Does is what happens.
	Does string
	// Example is a whole rule. The tests run it.
	Example string
}

// An Option is one that only some faults take.
type Option string

// The options that not all faults take.
const (
	// For bounds how long a fault lasts.
	For Option = "for"
	// FD selects calls by their descriptor.
	FD Option = "fd"
)

// Takes reports whether rules of the kind take an option.
func (k Kind) Takes(o Option) bool { return slices.Contains(k.Options, o) }

// Usages returns the forms of the fault as a rule has them: "freeze=DURATION".
func (k Kind) Usages() []string {
	list := make([]string, len(k.Forms))
	for i, f := range k.Forms {
		list[i] = k.Usage(f)
	}
	return list
}

// Usage returns one form of the fault as a rule has it.
func (k Kind) Usage(f Form) string {
	if f.Value == "" {
		return k.Name
	}
	return k.Name + "=" + f.Value
}

// Kinds returns the table of faults, in the order in which the help lists them.
func Kinds() []Kind { return slices.Clone(kinds) }

// A Probe is what Check tries a fault on.
type Probe struct {
	// Process sleeps.
	Process Process
	// Socket is one of the network that the process is in.
	Socket int
}

// Unavailable is the error of a fault that this machine does not allow. It is no
// fault of the server.
type Unavailable struct {
	// Reason is why.
	Reason string
	// Remedy is what the person who runs forkproof can change.
	Remedy string
}

// Error returns the reason and the remedy.
func (e *Unavailable) Error() string { return fmt.Sprintf("%s: %s", e.Reason, e.Remedy) }
