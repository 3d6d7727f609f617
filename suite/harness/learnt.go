package harness

import (
	"sync/atomic"
	"time"
)

// learnt is what one requirement shows of a server and the following ones rely on.
// It shortens waits; a verdict that rests on a shortened one says so.
type learnt struct {
	// spins says that the server has used fullSpin of processor time while nothing
	// changed: spinAgain is enough from then on, where only processes that spin
	// could still do anything.
	spins atomic.Bool
	// neverSleeps says that the server did not fall asleep until a limit ended the
	// wait: it spins, or is woken again and again. Sleep is then awaited for a part
	// as long. No verdict depends on that: what a verdict waits for has the whole
	// limits.
	neverSleeps atomic.Bool
}

const (
	// fullSpin is how much processor time a server uses for nothing until it is
	// known to spin: Limits.Spin, if it is not set otherwise.
	fullSpin = 500 * time.Millisecond
	// spinAgain is how much is enough in a server that is known to spin. It is also
	// the processor time that each process which is ready to run must have had.
	spinAgain = 50 * time.Millisecond
	// sleeplessShare is the divisor of Limits.Grace for a server that never sleeps.
	sleeplessShare = 25
	// sleeplessSpin is what is left of Limits.Spin for it: a server that spins has
	// been through its loop many times then, and every other process of it has run.
	sleeplessSpin = 5 * time.Millisecond
)

// sleepLimits are the limits for a wait until the server sleeps.
func (l *learnt) sleepLimits(limits Limits) Limits {
	if l.neverSleeps.Load() {
		limits.Spin, limits.Grace = min(limits.Spin, sleeplessSpin), limits.Grace/sleeplessShare
	}
	return limits
}
