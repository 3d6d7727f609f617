// Package schedule reads rules, each a fault and when it happens, and applies them
// to a running server:
//
//	accept:error=EMFILE:times=3     three calls fail
//	write:short=100:every=2s        every two seconds one call transfers 100 bytes
//	fork:delay=300ms:at=5s          after five seconds forks take longer
//	signal=SIGCHLD@fork             each fork is followed by a SIGCHLD
//	nofile=full:for=2s              no descriptor is free for two seconds
//	freeze=500ms                    SIGSTOP, and SIGCONT half a second later
package schedule

import (
	"time"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/faults/trace"
)

// A Rule is one fault and when it happens.
type Rule struct {
	// Text is the rule as it was written.
	Text string
	// Kind is the entry of the table of faults.
	Kind faults.Kind
	// Injection is the change of a fault in system calls. Its Times, Follow, In and
	// If are set when it is armed.
	Injection trace.Injection
	// Action is any other fault.
	Action faults.Action

	// At is when the fault begins, counted from when the server listens.
	At time.Duration
	// Every is how long after its beginning it begins again; 0: it does not.
	Every time.Duration
	// Times bounds how often it happens: of a fault that happens at calls the hits,
	// of any other the beginnings. 0 is no bound.
	Times int
	// For is how long a limit lasts; 0: until the end.
	For time.Duration
	// Probability is that of each time that it could happen; above 0, at most 1.
	Probability float64
	// Scope is the processes that it disturbs.
	Scope Scope
}

// A Scope is some of the processes of a server.
type Scope string

// The scopes.
const (
	All    Scope = "all"
	Server Scope = "server" // the process that was started, or listens first
	Child  Scope = "child"  // all others
)

// atCalls reports whether the fault happens at system calls, and so takes a tracer.
func (r Rule) atCalls() bool { return r.Kind.Change != nil || r.Action.After != "" }

// lasts returns how long the fault lasts before it is undone; 0: until the end.
func (r Rule) lasts() time.Duration {
	if r.Action.Lasts > 0 {
		return r.Action.Lasts
	}
	return r.For
}
