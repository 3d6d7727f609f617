package sandbox

import (
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
)

// killBelow sends SIGKILL to everything below the process root, once. It is
// called again until wait4(2) says that nothing is left: a process that forks
// while it is killed leaves a child for the next round.
func killBelow(root int) {
	for _, pid := range observe.Descendants(root, maxKilledAtOnce) {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}

// maxKilledAtOnce bounds one round, so that a tree that grows while it is
// walked does not keep the walk from killing.
const maxKilledAtOnce = 4096
