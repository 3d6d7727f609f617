package sandbox

// A plan is what a keeper is to be; it is the first thing that forkproof says.
type plan struct {
	// PIDs: the keeper is process 1 of a pid namespace.
	PIDs bool `json:"pids,omitempty"`
	// Network: it lives in a network namespace of its own.
	Network bool `json:"network,omitempty"`
	// Mounts: it lives in a mount namespace of its own.
	Mounts bool   `json:"mounts,omitempty"`
	Limits Limits `json:"limits"`
	// Cgroups are names of directories for the tree, to be removed with it. The
	// message carries the directory above each, and its file cgroup.procs.
	Cgroups []string `json:"cgroups,omitempty"`
}
