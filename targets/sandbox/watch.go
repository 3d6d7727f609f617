package sandbox

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
)

const (
	// watchInterval is how often the keeper looks whether the tree outgrew its
	// limit. A fork bomb makes some 100 processes in that time.
	watchInterval = 5 * time.Millisecond
	// killInterval is how long the keeper waits for one round of SIGKILL to be
	// reaped before it looks for processes that were forked meanwhile.
	killInterval = 2 * time.Millisecond
	// keeperPriority lets the look come in time while many processes compete.
	keeperPriority = -10
)

// watch ends the tree when it grows past the limit. As root RLIMIT_NPROC binds
// nothing, and a cgroup may not be there to bind. It notices and ends; it does
// not prevent: on a busy machine a fork bomb makes thousands of processes first. The number of tasks on the whole machine is one cheap system
// call, and the tree is counted only when that number has grown.
func (k *keeper) watch() {
	before := tasksOnMachine()
	for range time.Tick(watchInterval) {
		if tasksOnMachine()-before < k.limit {
			continue
		}
		if n := observe.Count(os.Getpid(), k.limit+1); n > k.limit {
			killBelow(os.Getpid()) // at once: whoever holds the lock may be kept waiting by the bomb
			k.reply(message{Event: eventLimit, PID: n})
			k.end()
		}
	}
}

// comeFirst has all threads of the keeper go before other processes, but for
// the calling one, whose priority the servers inherit. Without the right to it
// nothing changes.
func comeFirst() {
	_ = unix.Setpriority(unix.PRIO_PGRP, 0, keeperPriority)
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, 0)
}

func tasksOnMachine() int {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 1 << 30 // unknown: count the tree at every tick
	}
	return int(info.Procs)
}

// waitABit waits, with mu held, until the tree is gone or another round of
// SIGKILL is due.
func (k *keeper) waitABit() {
	timer := time.AfterFunc(killInterval, k.empty.Broadcast)
	defer timer.Stop()
	if !k.alone {
		k.empty.Wait()
	}
}
