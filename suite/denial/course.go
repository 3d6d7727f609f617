package denial

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// A course follows what a server does, call by call.
type course struct {
	outside outside
	tier    sandbox.Tier
	last    *Denial // what was denied last
	when    int     // the call that it was denied to, trace.Call.Entered
	// mistaken says that a call for its network failed which fails outside, too: what
	// comes after that is how the server ends.
	mistaken bool
}

// take looks at one call.
func (c *course) take(call trace.Call) {
	if call.Errno != 0 && !c.mistaken {
		if d := c.outside.denied(call, c.tier); d != nil {
			d.Decisive = !slices.Contains(harmless, call.Name)
			if d.Decisive || c.last == nil || !c.last.Decisive {
				c.last, c.when = d, call.Entered
			}
			return
		}
	}
	if !goesOn(call) {
		return
	}
	if c.last != nil && call.Entered > c.when {
		c.last.Decisive = false
	}
	if call.Errno != 0 && slices.Contains(networkCalls, call.Name) {
		c.mistaken = true
	}
}

// networkCalls are those by which a server comes to listen.
var networkCalls = []string{"socket", "bind", "listen", "accept", "accept4"}

// goesOn says whether a call shows that what failed before it was not the end of the
// server: it makes a socket of the Internet, a process, or executes a program. That
// it fails otherwise does not matter.
func goesOn(call trace.Call) bool {
	switch call.Name {
	case "socket":
		return call.Args[0] == unix.AF_INET || call.Args[0] == unix.AF_INET6
	case "bind", "listen", "accept", "accept4":
		return true
	case "fork", "vfork":
		return true
	case "clone", "clone3":
		return call.Args[0]&unix.CLONE_THREAD == 0
	case "execve", "execveat":
		return call.Errno == 0
	}
	return false
}
