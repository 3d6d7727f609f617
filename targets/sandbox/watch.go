package sandbox

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe/proctree"
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

// guard has the keeper watch its tree. Until the first program is about to
// start there is nothing to watch, and many keepers are made ahead of their use.
// It is called on the main thread.
func (k *keeper) guard() {
	k.guarded.Do(func() {
		comeFirst()
		go k.watch(tasksOnMachine())
	})
}

// watch ends the tree when it grows past the limit. It notices; that the tree
// cannot grow much further is the kernel's doing where a bound holds, see
// Isolation.Bounds. Others is how many tasks the machine has without the tree.
func (k *keeper) watch(others int) {
	interval := watchInterval
	if k.bounded {
		interval = boundedInterval
	}
	for range time.Tick(interval) {
		now := tasksOnMachine()
		others = min(others, now) // some of those have ended
		if n := k.grown(now == uncounted || now-others >= k.plan.Limits.Processes); n > 0 {
			// The reason is told before any end that it explains.
			k.reply(message{Event: eventLimit, PID: n})
			k.kill() // at once: whoever holds the lock may be kept waiting by the bomb
			k.end()
		}
	}
}

// grown gives the size of a tree that has passed its limit, 0 for any other.
// How many tasks the whole machine has is one cheap system call: where that
// number has not grown by as many as the limit, the tree cannot have passed it.
// A tree whose processes die of refused forks is seen by its control group.
func (k *keeper) grown(possible bool) int {
	limit := k.plan.Limits.Processes
	if possible {
		if n := proctree.Count(procSelf(), limit+1); n > limit {
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

// uncounted stands for a number of tasks that the kernel does not tell.
const uncounted = 1 << 30

func tasksOnMachine() int {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return uncounted
	}
	return int(info.Procs)
}
