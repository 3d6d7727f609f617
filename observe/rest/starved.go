package rest

import (
	"slices"
	"time"

	"github.com/forkproof/forkproof/observe"
)

// Starved is how long, of the time between two looks, the machine kept the tree
// waiting: in both, some thread was ready to run or waited for a disk, and this
// is the time less what the tree was on a processor. A tree that spins is not
// starved for as long as it is let spin.
//
// Only processes that both looks saw count as kept waiting. One that came or
// went in between has run, and how long one that went has, nobody can tell.
func Starved(earlier, later observe.Picture) time.Duration {
	before := alsoIn(earlier, later)
	if !someWantToRun(before) || !someWantToRun(alsoIn(later, earlier)) {
		return 0
	}
	used := max(0, later.CPU()-before.CPU())
	return max(0, later.At.Sub(earlier.At)-used)
}

// alsoIn is a picture with those of its processes that another one shows, too.
func alsoIn(p, other observe.Picture) observe.Picture {
	shown := make(map[observe.ProcessID]bool, len(other.Processes))
	for _, q := range other.Processes {
		shown[q.ID] = true
	}
	p.Processes = slices.DeleteFunc(slices.Clone(p.Processes), func(q observe.Process) bool { return !shown[q.ID] })
	return p
}

func someWantToRun(p observe.Picture) bool {
	for _, q := range p.Processes {
		for _, t := range q.Tasks {
			if wantsToRun(t) {
				return true
			}
		}
	}
	return false
}

// wantsToRun says whether a thread is kept from running by nothing but the machine.
func wantsToRun(t observe.Task) bool {
	return t.State == observe.Running || t.State == observe.DiskSleep && !inVfork(t)
}
