package inside

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe/proctree"
	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// reap waits for every child that ends, ours and adopted ones, and reports
// those that were started by name. Between two of them it lets go of mu, and
// lets whoever waits for it go first: children may end for ever.
func (k *initProcess) reap() {
	for {
		awaitEnd()
		for k.reapOne() {
			runtime.Gosched()
		}
		k.awaitChild()
	}
}

// awaitChild returns when there are children, whether they have ended or not.
func (k *initProcess) awaitChild() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.alone {
		k.forked.Wait()
	}
}

// awaitEnd returns when a child has ended, which it leaves to be reaped, or
// when there is none.
func awaitEnd() {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOWAIT|unix.WALL, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// reapOne reaps one child and says whether there may be more to reap.
func (k *initProcess) reapOne() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.reapLocked()
}

// reapLocked is reapOne with mu held.
func (k *initProcess) reapLocked() bool {
	var status unix.WaitStatus
	pid, err := unix.Wait4(-1, &status, unix.WNOHANG|unix.WALL, nil)
	switch {
	case errors.Is(err, unix.EINTR):
		return true
	case errors.Is(err, unix.ECHILD):
		if !k.alone {
			k.tellGrowth()
			k.reply(wire.Message{Event: wire.EventEmpty, Host: k.host.number()})
		}
		k.alone = true
		k.empty.Broadcast()
		return false
	case err != nil || pid <= 0:
		return false
	}
	if k.started[pid] {
		delete(k.started, pid)
		k.reply(wire.Message{Event: wire.EventExit, Host: k.host.number(), PID: pid, Status: status})
	}
	return true
}

// tellGrowth reports, before the end of a tree is, that it had grown past its
// limit: one that dies of a refused fork is gone before watch has looked.
func (k *initProcess) tellGrowth() {
	if k.host == nil {
		return
	}
	if n := k.host.peaked(k.plan.Limits.Tasks()); n > 0 {
		k.reply(wire.Message{Event: wire.EventLimit, Host: k.host.id, PID: n})
	}
}

// end kills the tree until wait4 says that the init has no child left. An
// adopted grandchild becomes a child, so reap sees each of them.
func (k *initProcess) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.alone {
		k.mu.Unlock()
		k.kill()
		k.mu.Lock()
		k.waitABit()
	}
}

// kill sends SIGKILL to everything below the init, once. In a pid namespace
// that is everybody else in it, and one call reaches them all, kill(2): a fork
// that is under way fails.
func (k *initProcess) kill() {
	if k.plan.PIDs {
		_ = unix.Kill(-1, unix.SIGKILL)
		return
	}
	k.killChildren()
	killBelow(os.Getpid())
}

// killChildren kills the init's own children, the newest first, for as long as new
// ones come, and reaps meanwhile. Processes that fork and end at once can be met
// only in the moment between the two, as orphans, and the list in which they
// appear has to be short to be read in that moment.
func (k *initProcess) killChildren() {
	self, struck := os.Getpid(), map[int]bool{}
	for range maxRounds {
		k.reapIfFree()
		before := len(struck)
		for _, pid := range slices.Backward(proctree.ChildrenOfFirstThread(self)) {
			if !struck[pid] {
				struck[pid] = true
				killWithGroup(pid)
			}
		}
		if len(struck) == before {
			return
		}
	}
}

// reapIfFree reaps every child that has ended, unless somebody holds mu: he may
// wait for a process that is to be killed.
func (k *initProcess) reapIfFree() {
	if !k.mu.TryLock() {
		return
	}
	defer k.mu.Unlock()
	for range maxKilledAtOnce {
		if !k.reapLocked() {
			return
		}
	}
}

// waitABit waits, with mu held, until the tree is gone or another round of
// SIGKILL is due.
func (k *initProcess) waitABit() {
	timer := time.AfterFunc(killInterval, k.empty.Broadcast)
	defer timer.Stop()
	if !k.alone {
		k.empty.Wait()
	}
}

const (
	// firstKilled is how many processes the first walk of a round takes in: a
	// tree that grows without bound is all in a few process groups, and every
	// moment counts.
	firstKilled = 16
	// maxKilledAtOnce bounds one round, so that a tree that grows while it is
	// walked does not keep the walk from killing.
	maxKilledAtOnce = 4096
	// killInterval is how long the init waits for one round of SIGKILL to be
	// reaped before it looks for processes that were forked meanwhile.
	killInterval = 2 * time.Millisecond
	// maxRounds bounds how long the init goes after its own children before
	// it walks the tree.
	maxRounds = 64
)

// killBelow sends SIGKILL to everything below the process root, once. It is
// called again until wait4(2) says that nothing is left.
//
// It kills by process group first. The kernel signals all members of a group
// under one lock, and a fork that is under way then fails, so nobody escapes by
// forking faster than they are killed one by one, as a fork bomb does.
func killBelow(root int) {
	for _, limit := range []int{firstKilled, maxKilledAtOnce} {
		for _, pid := range proctree.Descendants(root, limit) {
			killWithGroup(pid)
		}
	}
}

func killWithGroup(pid int) {
	if group, err := unix.Getpgid(pid); err == nil && group != unix.Getpgrp() && group > 1 {
		_ = unix.Kill(-group, unix.SIGKILL)
	}
	_ = unix.Kill(pid, unix.SIGKILL)
}
