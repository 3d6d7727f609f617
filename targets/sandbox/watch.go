package sandbox

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
)

const (
	// watchInterval is how often the keeper looks whether the tree outgrew its
	// limit.
	watchInterval = 5 * time.Millisecond
	// keeperPriority lets the look come in time while many processes compete.
	keeperPriority = -10
)

// watch ends the tree when it grows past the limit. It notices; that the tree
// cannot grow much further is the kernel's doing where a bound holds, see
// Isolation.Bounds. The number of tasks on the whole machine is one cheap
// system call, and the tree is counted only when that number has grown.
func (k *keeper) watch() {
	before := tasksOnMachine()
	for range time.Tick(watchInterval) {
		if tasksOnMachine()-before < k.plan.Limits.Processes {
			continue
		}
		if n := observe.Count(procSelf(), k.plan.Limits.Processes+1); n > k.plan.Limits.Processes {
			k.kill() // at once: whoever holds the lock may be kept waiting by the bomb
			k.reply(message{Event: eventLimit, PID: n})
			k.end()
		}
	}
}

// procSelf is the keeper's pid as /proc shows it: where /proc could not be
// mounted anew, that is the pid outside.
func procSelf() int {
	link, err := os.Readlink("/proc/self")
	if err != nil {
		return os.Getpid()
	}
	pid, err := strconv.Atoi(link)
	if err != nil {
		return os.Getpid()
	}
	return pid
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
