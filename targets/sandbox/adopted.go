package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/observe/proctree"
)

// marker is set in the environment of an init, for a person who looks at the
// processes of a machine. No server sees it.
const marker = "FORKPROOF_HOST"

// adoptOrphans makes forkproof inherit the tree of an init that is killed by
// somebody else.
var adoptOrphans = sync.OnceValue(func() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become a child subreaper: %w", err)
	}
	return nil
})

const (
	// mostSwept bounds one round of a sweep.
	mostSwept = 4096
	// sweepInterval is how long a sweep waits for what it has killed.
	sweepInterval = 2 * time.Millisecond
)

// known are the inits that forkproof has made and that live. Who makes one holds the lock for reading until it is noted, so
// that a sweep, which holds it for writing, takes none for an orphan.
var known = knownProcesses{pids: map[int]bool{}}

type knownProcesses struct {
	making sync.RWMutex
	mu     sync.Mutex
	pids   map[int]bool
}

// make makes a process and notes it.
func (k *knownProcesses) make(process func() (*os.Process, error)) (*os.Process, error) {
	k.making.RLock()
	defer k.making.RUnlock()
	p, err := process()
	if err == nil {
		k.note(p)
	}
	return p, err
}

// note notes a process that was made with the lock held.
func (k *knownProcesses) note(p *os.Process) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pids[p.Pid] = true
}

// waitFor waits for an init that was told to end, and kills it when it does not.
func waitFor(p *os.Process) error {
	kill := time.AfterFunc(stopLimit, crash.Guarded(func() { _ = p.Kill() }))
	defer kill.Stop()
	_, err := p.Wait()
	known.mu.Lock()
	defer known.mu.Unlock()
	delete(known.pids, p.Pid)
	return err
}

// adopted returns the processes that forkproof inherited from servers, and what
// is below them: all its descendants but those that it knows. What it runs as its
// own tools, such as a compiler, is in its session; no server can be.
func (k *knownProcesses) adopted() []int {
	k.making.Lock()
	defer k.making.Unlock()
	k.mu.Lock()
	ours := maps.Clone(k.pids)
	k.mu.Unlock()
	session, err := unix.Getsid(0)
	if err != nil {
		return nil
	}
	var list []int
	for _, pid := range proctree.ChildrenOfFirstThread(os.Getpid()) {
		if sid, err := unix.Getsid(pid); ours[pid] || err != nil || sid == session {
			continue
		}
		list = append(append(list, pid), proctree.Descendants(pid, mostSwept)...)
	}
	return list
}

// sweep ends what a lost init left to forkproof, and reaps it.
func (h *Host) sweep() error {
	mine := map[int]bool{}
	for _, pid := range h.startedPIDs() {
		mine[pid] = true
	}
	for guard := time.Now().Add(stopLimit); ; {
		for _, pid := range known.adopted() {
			mine[pid] = true
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
			return fmt.Errorf("%d processes of a server whose init was killed do not end", len(mine))
		}
		<-time.After(sweepInterval)
	}
}

// endedAndReaped kills a process, reaps it when it is ours to reap, and says whether it
// is gone.
func endedAndReaped(pid int) bool {
	err := unix.Kill(pid, unix.SIGKILL)
	reaped, _ := unix.Wait4(pid, nil, unix.WNOHANG, nil)
	return reaped == pid || errors.Is(err, unix.ESRCH)
}
