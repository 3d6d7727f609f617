package wire

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A Plan is what an init is to be; it is the first thing that forkproof says.
type Plan struct {
	// PIDs: the init is process 1 of a pid namespace.
	PIDs bool `json:"pids,omitempty"`
	// Network: it lives in a network namespace of its own.
	Network bool `json:"network,omitempty"`
	// Mounts: it lives in a mount namespace of its own.
	Mounts bool `json:"mounts,omitempty"`
	// User: it lives in a user namespace of its own.
	User bool `json:"user,omitempty"`
	// Root: the init may change uids, and the server runs as another user.
	Root   bool   `json:"root,omitempty"`
	Limits Limits `json:"limits"`
	// Cgroups are the control groups of each host. The message carries the
	// directories that they are made in.
	Cgroups []GroupPlan `json:"cgroups,omitempty"`
}

// InitName is argv[0] of an init: it is how a binary that links package inside
// knows that it is one, and what ps(1) shows. It says nothing to a server.
const InitName = "init"

// InitPriority is the nice value of an init, where it may have one: its look at
// the size of the tree then comes in time while many processes compete.
const InitPriority = -10

// Nice returns the nice value of a thread, -20 to 19; 0 stands for the calling one.
func Nice(tid int) (int, error) {
	value, err := unix.Getpriority(unix.PRIO_PROCESS, tid)
	if err != nil {
		return 0, fmt.Errorf("read the nice value of thread %d: %w", tid, err)
	}
	const base = 20 // the system call returns 20 minus the nice value, getpriority(2)
	return base - value, nil
}

// The means by which the kernel keeps a tree from growing; a fork past one fails
// with EAGAIN.
const (
	BoundCgroup = "pids cgroup"
	BoundPIDMax = "pid namespace"
	BoundNProc  = "RLIMIT_NPROC"
)

// A GroupPlan says of one control group what the init has to know to make it.
type GroupPlan struct {
	Controllers []string `json:"controllers"`
	V2          bool     `json:"v2,omitempty"`
}
