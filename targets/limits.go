package targets

import (
	"time"

	"github.com/forkproof/forkproof/targets/sandbox"
)

// Limits are guards against hanging and against harm. None of them is evidence:
// a verdict that a limit brings about says so.
type Limits struct {
	// Start is how long a server may take until it listens. Real servers take
	// up to 5 s (a Java virtual machine, a cache that is filled).
	Start time.Duration
	// Processes is how many processes its tree may have. The suite connects
	// 100 clients at once; prefork servers keep up to 256 workers.
	Processes int
}

// DefaultLimits fit every server that was met so far.
func DefaultLimits() Limits {
	return Limits{Start: 10 * time.Second, Processes: 512}
}

// sandbox are the limits that the server's sandbox holds.
func (l Limits) sandbox() sandbox.Limits {
	s := sandbox.DefaultLimits()
	s.Processes = l.Processes
	return s
}
