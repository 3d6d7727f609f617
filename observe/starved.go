package observe

import "time"

// Starved is how long, of the time between two looks, the machine kept the tree
// waiting: in both, some thread was ready to run or waited for a disk, and this
// is the time less what the tree was on a processor. A tree that spins is not
// starved for as long as it is let spin.
func Starved(earlier, later Picture) time.Duration {
	if !earlier.wantsToRun() || !later.wantsToRun() {
		return 0
	}
	used := max(0, later.CPU()-earlier.CPU()) // less than nothing when one of them ended
	return max(0, later.At.Sub(earlier.At)-used)
}

func (p Picture) wantsToRun() bool {
	for _, q := range p.Processes {
		for _, t := range q.Tasks {
			if t.State == Running || t.State == DiskSleep && !inVfork(t) {
				return true
			}
		}
	}
	return false
}
