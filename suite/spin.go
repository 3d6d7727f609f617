package suite

import (
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
)

// fullSpin is how much processor time a server uses in vain until it is known
// to spin: Limits.Spin, if nobody sets it otherwise.
const fullSpin = 500 * time.Millisecond

// spinAgain is how much is enough in a server that has once used fullSpin in
// vain, when nobody but processes that spin could still do anything. It is also
// what each process must have been given that wants to run.
const spinAgain = 50 * time.Millisecond

// spinner says that the server has used fullSpin in vain. It is remembered for
// what follows in this process.
var spinner bool

// onlySpinnersRun says whether the processes that used no processor time since
// are at rest for good, so that what is awaited can come from the others alone.
func onlySpinnersRun(since, last, now observe.Picture) bool {
	spins := func(p observe.Process) bool {
		before, found := since.Find(p.ID)
		return !found || p.CPU > before.CPU
	}
	return rest.Compare(without(last, now, spins), without(now, now, spins)).Final
}

// without is a picture without the processes that are so in another one.
func without(p, other observe.Picture, so func(observe.Process) bool) observe.Picture {
	var rest []observe.Process
	for _, q := range p.Processes {
		if found, ok := other.Find(q.ID); !ok || !so(found) {
			rest = append(rest, q)
		}
	}
	p.Processes = rest
	return p
}
