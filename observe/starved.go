package observe

// Starved says whether, in two looks, some thread was ready to run or waited
// for a disk: for as long as that is so, the machine keeps it waiting, and how
// long it takes is no fault of its own. What it burns in the meantime tells a
// thread that is kept waiting from one that spins.
func Starved(earlier, later Picture) bool { return earlier.wantsToRun() && later.wantsToRun() }

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
