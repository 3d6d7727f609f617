package targets

import (
	"fmt"
	"time"

	"github.com/forkproof/forkproof/targets/sandbox"
)

// Limits are guards against hanging and against harm. None of them is evidence:
// a verdict that a limit brings about says so.
type Limits struct {
	// Start is how long a server may take until it listens. Real servers take
	// up to 5 s (a Java virtual machine, a cache that is filled).
	Start time.Duration
	// StartCPU is how much processor time its processes may use before it listens;
	// 0 for no such limit.
	StartCPU time.Duration
	// Processes is how many processes its tree may have. The suite connects
	// 100 clients at once; prefork servers keep up to 256 workers.
	Processes int
	// MemoryBytes is what its processes may use together, and DiskBytes what
	// they may write to files; see sandbox.Limits. 0 memory is no limit.
	MemoryBytes, DiskBytes int64
}

// DefaultLimits fit every server that was met so far.
func DefaultLimits() Limits {
	s := sandbox.DefaultLimits()
	return Limits{
		Start: 10 * time.Second, Processes: s.Processes, MemoryBytes: s.MemoryBytes, DiskBytes: s.DiskBytes,
	}
}

// sandbox are the limits that the server's sandbox holds.
func (l Limits) sandbox() sandbox.Limits {
	s := sandbox.DefaultLimits()
	s.Processes, s.MemoryBytes, s.DiskBytes = l.Processes, l.MemoryBytes, l.DiskBytes
	return s
}

// exceeded says which limit a start has reached that has taken so long, and has used
// so much processor time; empty while it has reached none.
func (l Limits) exceeded(taken, used time.Duration) string {
	switch {
	case taken >= l.Start:
		return l.Start.String()
	case l.StartCPU > 0 && used >= l.StartCPU:
		return fmt.Sprintf("%v of processor time", used.Round(10*time.Millisecond))
	}
	return ""
}
