package inside

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe/proctree"
	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

const (
	// watchInterval is how often the init looks whether the tree outgrew its
	// limit.
	watchInterval = 5 * time.Millisecond
	// boundedInterval is how often it does where the kernel refuses the tree more
	// anyhow: that is a look for the report, and needs no haste.
	boundedInterval = 50 * time.Millisecond
)

// guard has the init watch the tree of a host. Until the first program is about
// to start there is nothing to watch. It is called on the thread that starts it,
// with mu held.
func (k *initProcess) guard() {
	h := k.host
	h.guarded.Do(func() {
		k.comeFirst()
		interval := watchInterval
		if k.bounded {
			interval = boundedInterval
		}
		tasks, shared := tasksOnMachine(), sharedOnMachine()
		var segments *os.File // of the host's IPC namespace, where it has one
		if k.plan.PIDs {
			segments, _ = os.Open("/proc/sysvipc/shm") // a kernel without System V IPC has none
		}
		h.watch.Go(func() { k.watch(h, interval, tasks, shared, segments) })
	})
}

// watch ends the tree of a host when it grows past the limit, until the host is
// over. It notices; that the tree cannot grow much further is the kernel's doing
// where a bound holds, see Isolation.Bounds. Others is how many tasks the machine
// has without the tree, and shared how much shared memory. That is watched where
// no control group bounds it; segments is the table of the host's System V segments.
func (k *initProcess) watch(h *host, interval time.Duration, others int, shared int64, segments *os.File) {
	defer func() { _ = segments.Close() }() // of none it is an error
	memory := k.plan.Limits.MemoryBytes
	if h.boundsMemory() {
		memory = 0
	}
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		select {
		case <-h.over:
			return
		case <-ticks.C:
		}
		now := tasksOnMachine()
		others = min(others, now) // some of those have ended
		if n := h.grown(k.plan.Limits, now == uncounted || now-others >= k.plan.Limits.Processes); n > 0 {
			k.endFor(h, wire.Message{Event: wire.EventLimit, PID: n})
		}
		if memory > 0 && sharedOnMachine()-shared > memory &&
			(sharedBelow(procSelf()) > memory || segmentsNow(segments) > memory) {
			k.endFor(h, wire.Message{Event: wire.EventMemory})
		}
	}
}

// endFor ends the tree of a host for a reason, which is told before any end that
// it explains. It kills at once: a bomb may keep the lock from being released.
func (k *initProcess) endFor(h *host, reason wire.Message) {
	reason.Host = h.id
	k.reply(reason)
	k.kill()
	k.end()
}

// grown gives the size of a tree that has passed its limit, 0 for any other.
// How many tasks the whole machine has is one cheap system call: where that
// number has not grown by as many as the limit, the tree cannot have passed it.
// A tree whose processes die of refused forks is seen by its control group.
func (h *host) grown(limits wire.Limits, possible bool) int {
	if possible {
		if n := proctree.Count(procSelf(), limits.Processes+1); n > limits.Processes {
			return n
		}
	}
	return h.peaked(limits.Tasks())
}

// peaked gives, once, the number of tasks at which the kernel refused more.
func (h *host) peaked(tasks int) int {
	peak := h.peak()
	if peak < tasks || h.told.Swap(true) {
		return 0
	}
	return peak
}

// procSelf is the init's pid as /proc shows it: where /proc could not be
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

// comeFirst has all threads of the init go before other processes, but for
// the calling one, whose priority the servers inherit: that of forkproof. Without
// the right to it nothing changes.
func (k *initProcess) comeFirst() {
	_ = unix.Setpriority(unix.PRIO_PGRP, 0, wire.InitPriority)
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, k.nice)
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
