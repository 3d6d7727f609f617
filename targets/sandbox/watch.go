package sandbox

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe/kin"
)

const (
	// watchInterval is how often the keeper looks whether the tree outgrew its
	// limit.
	watchInterval = 5 * time.Millisecond
	// boundedInterval is how often it does where the kernel refuses the tree more
	// anyhow: that is a look for the report, and needs no haste.
	boundedInterval = 50 * time.Millisecond
	// keeperPriority lets the look come in time while many processes compete.
	keeperPriority = -10
)

// watch ends the tree when it grows past the limit. It notices; that the tree
// cannot grow much further is the kernel's doing where a bound holds, see
// Isolation.Bounds.
func (k *keeper) watch(bounded bool) {
	before := tasksOnMachine()
	interval := watchInterval
	if bounded {
		interval = boundedInterval
	}
	for range time.Tick(interval) {
		if n := k.grown(before); n > 0 {
			// The reason is told before any end that it explains.
			k.reply(message{Event: eventLimit, PID: n})
			k.kill() // at once: whoever holds the lock may be kept waiting by the bomb
			k.end()
		}
	}
}

// grown gives the size of a tree that has passed its limit, 0 for any other.
// The number of tasks on the whole machine is one cheap system call, and the
// tree is counted only when that number has grown. A tree whose processes die
// of refused forks is seen by its control group.
func (k *keeper) grown(before int) int {
	limit := k.plan.Limits.Processes
	if tasksOnMachine()-before >= limit {
		if n := kin.Count(procSelf(), limit+1); n > limit {
			return n
		}
	}
	return k.peaked()
}

// peaked gives, once, the number of tasks at which the kernel refused more.
func (k *keeper) peaked() int {
	peak := k.peak()
	if peak < k.plan.Limits.tasks() || k.told.Swap(true) {
		return 0
	}
	return peak
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
