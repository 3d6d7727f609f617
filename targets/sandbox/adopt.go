package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe/proctree"
)

// marker is set in the environment of a keeper and of what it starts, so that
// orphans of a keeper that was killed can be told from forkproof's other
// children where no network namespace tells them apart.
const marker = "FORKPROOF_HOST"

// adoptOrphans makes forkproof inherit the tree of a keeper that is killed by
// somebody else.
var adoptOrphans = sync.OnceValue(func() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become a child subreaper: %w", err)
	}
	return nil
})

// sweep ends what a lost keeper left to forkproof, and reaps it.
func (h *Host) sweep() error {
	mine := map[int]bool{}
	for _, pid := range h.startedPIDs() {
		mine[pid] = true // it may be a zombie, which owns can say nothing of
	}
	for guard := time.Now().Add(stopLimit); ; {
		for _, pid := range proctree.Descendants(os.Getpid(), maxKilledAtOnce) {
			if h.owns(pid) {
				mine[pid] = true
			}
		}
		for pid := range mine {
			if endedAndReaped(pid) {
				delete(mine, pid)
			}
		}
		if len(mine) == 0 {
			return nil
		}
		if time.Now().After(guard) {
			return fmt.Errorf("%d processes of a server whose keeper was killed do not end", len(mine))
		}
		<-time.After(killInterval)
	}
}

// endedAndReaped kills a process, reaps it when it is ours to reap, and says whether it
// is gone.
func endedAndReaped(pid int) bool {
	err := unix.Kill(pid, unix.SIGKILL)
	reaped, _ := unix.Wait4(pid, nil, unix.WNOHANG, nil)
	return reaped == pid || errors.Is(err, unix.ESRCH)
}

// owns says whether a process belongs to this host. A zombie has neither
// namespace nor environment left, and is not recognised.
func (h *Host) owns(pid int) bool {
	dir := fmt.Sprintf("/proc/%d/", pid)
	if h.isolation.Network {
		link, err := os.Readlink(dir + "ns/net")
		return err == nil && link == h.network
	}
	environment, err := os.ReadFile(dir + "environ")
	return err == nil && bytes.Contains(environment, []byte(h.mark+"\x00"))
}
