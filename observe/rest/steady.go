package rest

import (
	"slices"
	"time"

	"github.com/forkproof/forkproof/observe"
)

// steadyWakeups is how often a source must wake its threads before its wakeups are
// taken to change nothing. The first may have been in progress at the first look.
const steadyWakeups = 2

// Steady reports whether every wake source of the tree has woken its threads at
// least twice since a look, and the tree sleeps again, with the same processes: a
// steady state, for trees that are never final. The caller makes sure that
// nothing that matters to it changed since then. Last is the look before now; all
// three are looks with Everything.
//
// Threads of no wake source must not have run since last. A look reads one thread
// after the other, and while they hand work to each other it may find every one
// asleep. A thread that wakes every 20 µs, as the monitor of a Go program does
// just then, is no evidence against that.
func Steady(since, last, now observe.Picture) bool {
	return steady(since, last, now, func(WakeSource) bool { return false })
}

// SteadyFor is Steady but for timeouts that do not end within left: of a tree that
// was started age before now, no call began earlier than that. Their threads must
// sleep in both of the last looks.
func SteadyFor(since, last, now observe.Picture, age, left time.Duration) bool {
	return steady(since, last, now, func(w WakeSource) bool { return w.Timeout-age > left })
}

func steady(since, last, now observe.Picture, later func(WakeSource) bool) bool {
	sources := WakeSources(now)
	var due []WakeSource
	for _, w := range sources {
		if !later(w) {
			due = append(due, w)
		}
	}
	var r reasons
	compareProcesses(&r, settled(since), now)
	findRunnable(&r, now)
	compareNetwork(&r, last, now)
	compareThreads(&r, last, now, due)
	if len(r.list) > 0 {
		return false
	}
	for _, w := range due {
		if w.Wakeups(since, now) < steadyWakeups || now.At.Sub(since.At) < steadyWakeups*w.Timeout {
			return false
		}
	}
	return len(sources) > 0
}

// settled returns a picture in which no process runs: that one did at the first look,
// and sleeps now, is no change of a steady state.
func settled(p observe.Picture) observe.Picture {
	p.Processes = slices.Clone(p.Processes)
	for i, q := range p.Processes {
		if q.State == observe.Running || q.State == observe.DiskSleep {
			p.Processes[i].State = observe.Sleeping
		}
	}
	return p
}
