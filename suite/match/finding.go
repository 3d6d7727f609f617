package match

import "github.com/forkproof/forkproof/observe"

// A Finding says what was expected, what was seen instead, and why it is so.
type Finding struct {
	Expected  string
	Found     string
	Diagnosis string
	// Breaks is the ID of the requirement whose rule is broken; empty means the
	// one that is judged.
	Breaks string
	// Processes are those the finding is about; empty means all.
	Processes []observe.ProcessID
	// Wrong are the descriptors the finding is about.
	Wrong []Mark
	// Clients are those the finding is about; empty means none.
	Clients []*Client
	// Snapshot is what the finding was made from.
	Snapshot *Snapshot
}

// A Mark names one descriptor of one process.
type Mark struct {
	Process observe.ProcessID
	FD      int
}

func mark(h observe.Holding) Mark { return Mark{Process: h.Process, FD: h.FD} }
