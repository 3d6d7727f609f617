package sandbox

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// An initPeer is an init, seen from forkproof: it holds one host at a time.
type initPeer struct {
	isolation Isolation // what it was made for
	limits    wire.Limits
	process   *os.Process
	conn      *wire.Conn
	cgroups   []openHierarchy // where the control groups of its hosts are made
	standing  standing
	nice      int           // its nice value before it came first, as that of forkproof
	gone      chan struct{} // closed when the control socket is

	mu      sync.Mutex
	next    int
	replies map[int]chan reply
	host    *Host // that the events are about
}

// idle are the inits that hold no host. They are used again by hosts that need
// the same isolation and limits.
var idle initPool

type initPool struct {
	mu   sync.Mutex
	list []*initPeer
}

// mostIdle is how many inits wait for a further host: a spec may use two, and one
// more is still ending its tree.
const mostIdle = 4

// take returns the init that was idle last, for an isolation and limits; nil when
// there is none.
func (p *initPool) take(isolation Isolation, limits wire.Limits) *initPeer {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, one := range slices.Backward(p.list) {
		if one.isolation.sameAs(isolation) && one.limits == limits {
			p.list = slices.Delete(p.list, i, i+1)
			return one
		}
	}
	return nil
}

// put takes an init whose host is closed; the oldest ends when there are many.
func (p *initPool) put(one *initPeer) error {
	p.mu.Lock()
	p.list = append(p.list, one)
	var oldest *initPeer
	if len(p.list) > mostIdle {
		oldest, p.list = p.list[0], p.list[1:]
	}
	p.mu.Unlock()
	if oldest == nil {
		return nil
	}
	return oldest.end(false)
}

// closeAll ends all of them.
func (p *initPool) closeAll() {
	p.mu.Lock()
	list := p.list
	p.list = nil
	p.mu.Unlock()
	for _, one := range list {
		_ = one.end(false)
	}
}

// sameAs says whether an init made for one isolation is as one made for another.
func (i Isolation) sameAs(j Isolation) bool {
	return i.PIDs == j.PIDs && i.Network == j.Network && i.user == j.user &&
		i.otherUID == j.otherUID && i.noCgroup == j.noCgroup && (i.Tier == "") == (j.Tier == "")
}

// end ends the init and what it holds, and waits for it. Killed says that it may
// not be able to end by itself.
func (p *initPeer) end(killed bool) error {
	_ = p.conn.Close() // tells it to end its tree, its control groups and itself
	if killed {
		_ = p.process.Kill()
	}
	if err := waitFor(p.process); err != nil {
		return fmt.Errorf("wait for the init: %w", err)
	}
	return nil
}

// A standing is what an init is to the kernel, and a process of the same uid may
// change: its limits, and the scheduling of its threads.
type standing struct {
	limits     string
	processors unix.CPUSet
}

// standingNow reads what holds now.
func (p *initPeer) standingNow() (s standing, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.process.Pid))
	if err != nil {
		return s, fmt.Errorf("read the limits of init: %w", err)
	}
	s.limits = string(text)
	if err := unix.SchedGetaffinity(p.process.Pid, &s.processors); err != nil {
		return s, fmt.Errorf("read the processors of init: %w", err)
	}
	return s, nil
}

// unchanged says whether the init and each of its threads are to the kernel what
// they were: then it may hold a further host.
func (p *initPeer) unchanged() bool {
	now, err := p.standingNow()
	if err != nil || now != p.standing {
		return false
	}
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", p.process.Pid))
	if err != nil {
		return false
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			return false
		}
		if ok, err := p.threadUnchanged(tid); !ok && !errors.Is(err, unix.ESRCH) {
			return false
		}
	}
	return true
}

// threadUnchanged looks at one thread. Its nice value is the one that init was set
// up with, or InitPriority where init could set that.
func (p *initPeer) threadUnchanged(tid int) (bool, error) {
	var processors unix.CPUSet
	if err := unix.SchedGetaffinity(tid, &processors); err != nil {
		return false, err
	}
	policy, _, errno := unix.Syscall(unix.SYS_SCHED_GETSCHEDULER, uintptr(tid), 0, 0)
	if errno != 0 {
		return false, errno
	}
	nice, err := wire.Nice(tid)
	if err != nil {
		return false, err
	}
	return processors == p.standing.processors && policy == unix.SCHED_NORMAL && (nice == p.nice || nice == wire.InitPriority), nil
}
