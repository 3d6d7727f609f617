package match

import (
	"fmt"

	"github.com/onsi/gomega/types"
)

// A Matcher is a Gomega matcher on a Snapshot that can explain itself.
type Matcher interface {
	types.GomegaMatcher
	// Sight is how much of the server has to be looked at to tell.
	Sight() Sight
	// Holds says whether the snapshot is as wanted.
	Holds(Snapshot) bool
	// HoldsAtRest says whether the snapshot is as wanted when nothing more is to come: an
	// answer that is not whole is an answer then.
	HoldsAtRest(Snapshot) bool
	// Hopeless says why no later snapshot can be as wanted, in a clause; empty while
	// one may be. A byte that is wrong cannot be taken back.
	Hopeless(Snapshot) string
	// Explain says what is wrong with a snapshot that is not.
	Explain(Snapshot) Finding
}

// A Sight is how much of a server a matcher has to see. To look at every
// descriptor and every blocked call of a hundred processes takes milliseconds,
// and what a client was answered shows without any of it.
type Sight int

const (
	// Clients need no look at the server.
	Clients Sight = iota
	// Network are the sockets, without the tree.
	Network
	// Processes are the tree with its states.
	Processes
	// Sockets are the tree, and the sockets without their holders.
	Sockets
	// Descriptors are those of every process, and the sockets, too.
	Descriptors
	// Everything is all that can be seen.
	Everything
)

// matcher makes a Matcher of two functions.
type matcher struct {
	expected string
	sight    Sight
	holds    func(Snapshot) bool
	explain  func(Snapshot) Finding
	hopeless func(Snapshot) string // nil: there is always hope
	atRest   func(Snapshot) bool   // nil: as holds
}

func (m matcher) Sight() Sight { return m.sight }

func (m matcher) Holds(s Snapshot) bool { return m.holds(s) }

func (m matcher) HoldsAtRest(s Snapshot) bool {
	if m.atRest == nil {
		return m.holds(s)
	}
	return m.atRest(s)
}

func (m matcher) Hopeless(s Snapshot) string {
	if m.hopeless == nil {
		return ""
	}
	return m.hopeless(s)
}

func (m matcher) Explain(s Snapshot) Finding {
	f := m.explain(s)
	f.Expected = m.expected
	f.Snapshot = &s
	return f
}

// Match implements types.GomegaMatcher.
func (m matcher) Match(actual any) (bool, error) {
	s, ok := actual.(Snapshot)
	if !ok {
		return false, fmt.Errorf("expected a match.Snapshot, got %T", actual)
	}
	return m.holds(s), nil
}

// FailureMessage implements types.GomegaMatcher.
func (m matcher) FailureMessage(actual any) string {
	s, ok := actual.(Snapshot)
	if !ok {
		return fmt.Sprintf("expected a match.Snapshot, got %T", actual)
	}
	f := m.Explain(s)
	return fmt.Sprintf("expected %s\nfound %s\n%s", f.Expected, f.Found, f.Diagnosis)
}

// NegatedFailureMessage implements types.GomegaMatcher.
func (m matcher) NegatedFailureMessage(any) string { return "expected not: " + m.expected }
