package sandbox

import "slices"

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
	// Cgroups are the control groups for the tree, all of the same name. The
	// message carries the directories that they are made in.
	CgroupName string      `json:"cgroup_name,omitempty"`
	Cgroups    []groupPlan `json:"cgroups,omitempty"`
}

// boundsMemory says whether a control group bounds the memory of the tree.
func (p *plan) boundsMemory() bool {
	return slices.ContainsFunc(p.Cgroups, func(g groupPlan) bool { return slices.Contains(g.Controllers, "memory") })
}
