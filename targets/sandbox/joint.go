package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A joint is a control group as its keeper holds it: the tree joins it, and
// when forkproof is gone the keeper removes it.
type joint struct {
	name         string
	above, procs int
}

func joints(names []string, fds []int) []joint {
	list := make([]joint, len(names))
	for i, name := range names {
		list[i] = joint{name, fds[2*i], fds[2*i+1]}
	}
	return list
}

// removeCgroups removes the groups of a tree that has ended.
func (k *keeper) removeCgroups() {
	for _, j := range k.cgroups {
		_ = rmdir(func() error { return unix.Unlinkat(j.above, j.name, unix.AT_REMOVEDIR) })
	}
}

// join moves the caller into n control groups, whose cgroup.procs it has open
// from descriptor first on.
func join(first, n int) error {
	for fd := first; fd < first+n; fd++ {
		if _, err := unix.Write(fd, []byte("0")); err != nil {
			return fmt.Errorf("join a control group: %w", err)
		}
	}
	return nil
}
