package rest

import (
	"fmt"

	"github.com/forkproof/forkproof/observe"
)

// Rest says whether a tree is at rest.
type Rest struct {
	// Settled: nothing in the tree runs, and nothing that is under way, a
	// signal or bytes, can make it run. Only a clock or the outside can.
	Settled bool
	// Final: settled, and no clock can wake it either.
	Final bool
	// Because says, in short clauses, what keeps the tree from being settled
	// or, when it is settled, from being final. At most 10 are given.
	Because []string
}

// Compare judges from two looks with Everything whether the tree is at rest.
// It is settled when
//   - both looks saw the same processes and threads, in the same states;
//   - every live thread was asleep in both, or stopped, and not switched to in
//     between;
//   - no signal waits to be delivered, and no thread sleeps on a socket that
//     has something for it;
//   - no connection of the tree is changing its state, no byte is on its way
//     over one, and none changed between the looks.
//
// Zombies, input that nobody sleeps on, TIME_WAIT and FIN_WAIT2 keep no tree
// from being settled.
func Compare(earlier, later observe.Picture) Rest {
	var c clauses
	sameProcesses(&c, earlier, later)
	unmoved(&c, earlier, later, nil)
	asleep(&c, later)
	traffic(&c, earlier, later)
	if len(c.list) > 0 {
		return Rest{Because: c.list}
	}
	for _, w := range Wakers(later) {
		c.add("%s", w.Because)
	}
	return Rest{Settled: true, Final: len(c.list) == 0, Because: c.list}
}

const maxClauses = 10

// clauses collects reasons.
type clauses struct{ list []string }

func (c *clauses) add(format string, args ...any) {
	if !c.full() {
		c.list = append(c.list, fmt.Sprintf(format, args...))
	}
}

// full says that no more reasons are wanted.
func (c *clauses) full() bool { return len(c.list) >= maxClauses }
