// Package rule reads the rules by which a person injects faults, one a line:
//
//	accept:error=EMFILE:times=3     three calls fail
//	write:short=100:every=2s        one call each two seconds is cut to 100 bytes
//	fork:delay=300ms:at=5s          after five seconds forks take longer
//	signal=SIGCHLD@fork             each fork is followed by a SIGCHLD
//	nofile=full:for=2s              no descriptor is free for two seconds
//	freeze=500ms                    SIGSTOP, and SIGCONT half a second later
package rule

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
)

// A Rule is one fault and when it is to happen.
type Rule struct {
	// Text is the rule as it was written.
	Text string
	// Action is what happens.
	Action Action
	// At is when it begins, counted from when the server listens.
	At time.Duration
	// Every is how long after its beginning it begins again; 0: it does not.
	Every time.Duration
	// Times bounds how often it happens: of a call and of a signal at a call
	// the hits, of everything else the beginnings. 0 is no bound.
	Times int
	// For is how long a limit holds; 0: until the end.
	For time.Duration
	// Probability is that of each time that it could happen; above 0, at most 1.
	Probability float64
	// Who is hit.
	Who Who
}

// Who says which processes of the server are hit.
type Who string

// The processes of a server.
const (
	All    Who = "all"
	Server Who = "server" // the one that was started
	Child  Who = "child"  // all others
)

// An Action is one kind of fault: Call, Signal, Descriptors, Memory,
// Processes, Freeze, Loopback, Client or Crowd.
type Action interface{ isAction() }

// Call changes system calls. Times, Follow and If of the injection are the
// business of whoever arms it.
type Call struct{ trace.Injection }

// Signal sends a signal: to the process that has made a call of the family
// After, or, when that is empty, at the time of the rule.
type Signal struct {
	Signal unix.Signal
	After  trace.Family
}

// Descriptors lowers the limit on descriptors to Limit, or to those that are
// open when Full.
type Descriptors struct {
	Limit uint64
	Full  bool
}

// Memory leaves so many bytes of address space.
type Memory struct{ Spare uint64 }

// Processes lowers the limit on the processes of the server's user.
type Processes struct{ Limit uint64 }

// Freeze stops the server for a time.
type Freeze struct{ Duration time.Duration }

// Loopback takes the server's network down for a time.
type Loopback struct{ Duration time.Duration }

// Crowd fills the server's accept queue, and keeps it full for a time.
type Crowd struct{ Duration time.Duration }

// Client connects, sends a byte, and leaves in a way of its own.
type Client struct{ Leave Leave }

// Leave is how a client leaves.
type Leave string

// The ways to leave.
const (
	Reset  Leave = "reset"  // with a RST
	Vanish Leave = "vanish" // without a word: half-open
)

func (Call) isAction()        {}
func (Signal) isAction()      {}
func (Descriptors) isAction() {}
func (Memory) isAction()      {}
func (Processes) isAction()   {}
func (Freeze) isAction()      {}
func (Loopback) isAction()    {}
func (Crowd) isAction()       {}
func (Client) isAction()      {}
