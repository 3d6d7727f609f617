package wire

import "time"

// Limits bound what one server's tree may take of the machine.
type Limits struct {
	// Processes is how many processes the tree may have. More are noticed, and
	// the tree is ended; see Host.Overgrown.
	Processes int
	// MemoryBytes bounds the memory of the whole tree where a cgroup can be
	// made, and the data of each process elsewhere.
	MemoryBytes int64
	// DiskBytes bounds what it may write to files.
	DiskBytes int64
	// FileBytes is how large each file may grow; 0 is no limit of its own.
	FileBytes int64
	// Descriptors is how many descriptors each process may hold.
	Descriptors int
	// CPU is how much processor time each process may use.
	CPU time.Duration
}

// DefaultLimits fit every server that was met so far.
func DefaultLimits() Limits {
	return Limits{
		Processes: 512, MemoryBytes: 512 << 20, DiskBytes: 64 << 20,
		Descriptors: 1024, CPU: 2 * time.Minute,
	}
}

// TaskRoom is how many tasks the kernel allows above Processes: the threads of
// the child between fork and exec counts too, and the limit has to be passed to be noticed.
const TaskRoom = 64

// Tasks is the bound of the control group on the number of tasks in the tree.
func (l Limits) Tasks() int { return l.Processes + TaskRoom }

// LooseTasks is the bound of the other means. It is wider, so that the control
// group, which keeps count of what it saw, is the one that is hit.
func (l Limits) LooseTasks() int { return l.Processes + 2*TaskRoom }
