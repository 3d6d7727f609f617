package rest

import (
	"slices"
	"time"

	"github.com/forkproof/forkproof/observe"
)

// StallTime returns how long, of the time between two looks, the machine kept the
// tree from running: both looks saw a thread that was runnable or waited for a
// disk, and the stall is that time less the processor time that the tree used.
// The run of a busy loop is no stall.
//
// Only processes that both looks saw count as stalled. One that started or ended
// in between has run, and how long one that ended has is unknown.
func StallTime(earlier, later observe.Picture) time.Duration {
	before := only(earlier, later)
	if !hasRunnable(before) || !hasRunnable(only(later, earlier)) {
		return 0
	}
	used := max(0, later.CPU()-before.CPU())
	return max(0, later.At.Sub(earlier.At)-used)
}

// only returns a picture with those of its processes that another one has too.
func only(p, other observe.Picture) observe.Picture {
	known := make(map[observe.ProcessID]bool, len(other.Processes))
	for _, q := range other.Processes {
		known[q.ID] = true
	}
	p.Processes = slices.DeleteFunc(slices.Clone(p.Processes), func(q observe.Process) bool { return !known[q.ID] })
	return p
}

func hasRunnable(p observe.Picture) bool {
	for _, q := range p.Processes {
		if slices.ContainsFunc(q.Tasks, runnable) {
			return true
		}
	}
	return false
}

// runnable reports whether only the machine keeps a thread from running.
func runnable(t observe.Task) bool {
	return t.State == observe.Running || t.State == observe.DiskSleep && !inVfork(t)
}

// AwaitsTimeSlice reports whether a thread that is runnable, or that its tracer
// has stopped, has had less than a time slice of processor time since an earlier
// look. The time that other threads of the tree used says nothing about what this
// one is about to do. Both are looks with Tasks.
func AwaitsTimeSlice(since, now observe.Picture, slice time.Duration) bool {
	for _, q := range now.Processes {
		before, _ := since.Find(q.ID)
		for _, t := range q.Tasks {
			old, _ := before.Task(t.TID)
			if (runnable(t) || t.State == observe.TraceStop) && t.CPU-old.CPU < slice {
				return true
			}
		}
	}
	return false
}
