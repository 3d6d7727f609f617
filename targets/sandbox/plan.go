package sandbox

// A plan is what a keeper is to be; it is the first thing that forkproof says.
type plan struct {
	// PIDs: the keeper is process 1 of a pid namespace.
	PIDs bool `json:"pids,omitempty"`
	// Network: it lives in a network namespace of its own.
	Network bool `json:"network,omitempty"`
	// Mounts: it lives in a mount namespace of its own.
	Mounts bool `json:"mounts,omitempty"`
	// User: it lives in a user namespace of its own.
	User bool `json:"user,omitempty"`
	// Root: the keeper may change uids, and the server runs as another user.
	Root   bool   `json:"root,omitempty"`
	Limits Limits `json:"limits"`
	// Cgroups are the control groups of each host. The message carries the
	// directories that they are made in.
	Cgroups []groupPlan `json:"cgroups,omitempty"`
}

// initName is argv[0] of an init: it is how a binary that links package inside
// knows that it is one, and what ps(1) shows.
const initName = "forkproof-init"

// initPriority is the nice value of an init, where it may have one: its look at
// the size of the tree then comes in time while many processes compete.
const initPriority = -10

// The means by which the kernel keeps a tree from growing; a fork past one fails
// with EAGAIN.
const (
	boundCgroup = "pids cgroup"
	boundPIDMax = "pid namespace"
	boundNProc  = "RLIMIT_NPROC"
)
