package sandbox

import (
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
)

const (
	// firstKilled is how many processes the first walk of a round takes in: a
	// tree that grows without bound is all in a few process groups, and every
	// moment counts.
	firstKilled = 16
	// maxKilledAtOnce bounds one round, so that a tree that grows while it is
	// walked does not keep the walk from killing.
	maxKilledAtOnce = 4096
)

// killBelow sends SIGKILL to everything below the process root, once. It is
// called again until wait4(2) says that nothing is left.
//
// It kills by process group first. The kernel signals all members of a group
// under one lock, and a fork that is under way then fails, so nobody escapes by
// forking faster than they are killed one by one, as a fork bomb does.
func killBelow(root int) {
	own := unix.Getpgrp()
	for _, limit := range []int{firstKilled, maxKilledAtOnce} {
		for _, pid := range observe.Descendants(root, limit) {
			if group, err := unix.Getpgid(pid); err == nil && group != own && group > 1 {
				_ = unix.Kill(-group, unix.SIGKILL)
			}
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}
