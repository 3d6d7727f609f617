package rest

import (
	"fmt"

	"github.com/forkproof/forkproof/observe"
)

// A Judgement says whether a tree is at rest.
type Judgement struct {
	// Settled: no process of the tree runs, and nothing that is in progress, a
	// signal or bytes, can make one run. Only a timer or the outside can.
	Settled bool
	// Final: settled, and no timer can wake a process either.
	Final bool
	// Because says, in short clauses, why the tree is not settled or, when it is
	// settled, why that is not final. There are at most 10.
	Because []string
}

// Compare judges from two looks with Everything whether the tree is at rest.
// It is settled when
//   - both looks saw the same processes and threads, in the same states;
//   - every live thread slept or was stopped in both, and did not run in between;
//   - no signal is pending that a thread would take, and no thread blocks in a call
//     on a socket that is ready, or is in a call that the kernel completes by itself;
//   - no connection of the tree is changing its state or has bytes in flight, and
//     none changed between the looks.
//
// Zombies, input in a queue that no thread sleeps on, TIME_WAIT and FIN_WAIT2 do
// not keep a tree from being settled.
func Compare(earlier, later observe.Picture) Judgement {
	var r reasons
	compareProcesses(&r, earlier, later)
	compareThreads(&r, earlier, later, nil)
	findRunnable(&r, later)
	compareNetwork(&r, earlier, later)
	if len(r.list) > 0 {
		return Judgement{Because: r.list}
	}
	for _, source := range WakeSources(later) {
		r.add("%s", source.Because)
	}
	return Judgement{Settled: true, Final: len(r.list) == 0, Because: r.list}
}

const maxReasons = 10

// reasons collects clauses.
type reasons struct{ list []string }

func (r *reasons) add(format string, args ...any) {
	if !r.full() {
		r.list = append(r.list, fmt.Sprintf(format, args...))
	}
}

// full reports that no more clauses are taken.
func (r *reasons) full() bool { return len(r.list) >= maxReasons }
