package harness

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/suite/progress"
)

// A watch takes in one snapshot after the other and decides when waiting is over.
type watch struct {
	limits   Limits
	patience patience
	learnt   *learnt
	started  time.Time // when the server was started
	// disturbed says that a fault may be why the server spins: nothing is learnt from that.
	disturbed bool

	last       match.Snapshot
	stalled    time.Duration  // how long the machine has kept the server waiting
	given      time.Duration  // how long the wait has taken, but for the time that the machine kept the server waiting
	print      string         // fingerprint of last
	since      match.Snapshot // the first snapshot with that fingerprint
	begun      time.Duration  // given when since was seen
	acted      match.Snapshot // the last in which a client had yet to act, or since: what was used till then is excused
	steps      progress.Steps
	trickle    progress.Trickle
	gained     time.Duration // given when a step was last made
	progressed bool
}

// look takes in the next snapshot.
func (w *watch) look(now match.Snapshot) ending {
	defer func() { w.last = now }()
	if !w.last.Picture.At.IsZero() {
		starved := rest.StallTime(w.last.Picture, now.Picture)
		w.given += now.Picture.At.Sub(w.last.Picture.At) - starved
		w.learnt.starved.Add(int64(starved))
		w.stalled += starved
	}
	if print := progress.Fingerprint(now); print != w.print {
		w.print, w.since, w.progressed = print, now, true
		w.begun, w.acted = w.given, now
		return w.endless(now)
	}
	w.progressed = false
	if !match.Quiet(now) {
		w.acted = now
		return w.guard(now)
	}
	if match.AtTracer(now) {
		return w.guard(now)
	}
	tree := rest.Compare(w.last.Picture, now.Picture)
	switch {
	case now.Gone:
		return allGone
	case tree.Final:
		return final
	case tree.Settled && w.patience == whenAsleep:
		return asleep
	case rest.Steady(w.since.Picture, w.last.Picture, now.Picture):
		if w.patience == whenAsleep {
			return asleep
		}
		return timersUp
	}
	if left := w.limits.Grace - (w.given - w.begun); w.patience == whenFinal &&
		rest.SteadyFor(w.since.Picture, w.last.Picture, now.Picture, now.Picture.At.Sub(w.started), left) {
		return dormant + ending(fmt.Sprintf(" %v", w.limits.Grace))
	}
	return w.guard(now)
}

// endless ends a wait for a server that changes for ever.
func (w *watch) endless(now match.Snapshot) ending {
	if w.steps.Made(now) {
		w.gained = w.given
	}
	if idle := w.given - w.gained; idle >= w.limits.Grace {
		if w.steps.Unasked {
			return streams
		}
		return ending(fmt.Sprintf("processes or files come and go, and nothing else changed for %v",
			idle.Round(time.Second)))
	}
	return seen
}

// guard ends a wait that proof does not end. What a process that spins has used
// is held against the server only when every other that is ready to run has had
// processor time: what is awaited may be just what that one is about to do, when
// a busy machine, or the one that spins, takes its processor away.
func (w *watch) guard(now match.Snapshot) ending {
	used := now.Picture.CPU() - w.acted.Picture.CPU()
	spin, end := w.limits.Spin, spun
	if spinAgain < spin && spin < blamedSpin && w.learnt.spins.Load() && onlySpinnersRun(w.since.Picture, w.last.Picture, now.Picture) &&
		!slept(w.acted.Picture, now.Picture) {
		spin = spinAgain
		end += ending(fmt.Sprintf(" (%v of it are enough, as it used %v like this before)", spinAgain, fullSpin))
	}
	switch {
	case used >= spin && !rest.AwaitsTimeSlice(w.acted.Picture, now.Picture, min(spin, spinAgain)):
		if !w.disturbed && used >= fullSpin && !slept(w.acted.Picture, now.Picture) {
			w.learnt.spins.Store(true)
		}
		return end
	case w.given-w.begun >= w.limits.Grace:
		waited := now.Picture.At.Sub(w.since.Picture.At)
		return ending(fmt.Sprintf("nothing changed for %v", waited.Round(time.Second)))
	}
	return seen
}

// slept says whether a process that used processor time since an earlier look has also
// blocked in a call: it waits for something now and then, and may only be slow.
func slept(since, now observe.Picture) bool {
	return slices.ContainsFunc(now.Processes, func(p observe.Process) bool {
		before, found := since.Find(p.ID)
		return found && p.CPU > before.CPU && slices.ContainsFunc(p.Tasks, func(t observe.Task) bool {
			earlier, known := before.Task(t.TID)
			return known && t.Sleeps > earlier.Sleeps
		})
	})
}

// onlySpinnersRun says whether the processes that used no processor time since
// can do nothing any more, so that what is awaited can come from the others alone.
func onlySpinnersRun(since, last, now observe.Picture) bool {
	spins := func(p observe.Process) bool {
		before, found := since.Find(p.ID)
		return !found || p.CPU > before.CPU
	}
	return rest.Compare(without(last, now, spins), without(now, now, spins)).Final
}

// without returns a picture without the processes that are so in another one.
func without(p, other observe.Picture, so func(observe.Process) bool) observe.Picture {
	var others []observe.Process
	for _, q := range p.Processes {
		if found, ok := other.Find(q.ID); !ok || !so(found) {
			others = append(others, q)
		}
	}
	p.Processes = others
	return p
}

// learnt is what one requirement shows of a server and the following ones rely on.
// It shortens waits; a verdict that rests on a shortened one says so.
type learnt struct {
	// spins says that the server has used fullSpin of processor time while nothing
	// changed: spinAgain is enough from then on, where only processes that spin
	// could still do anything, and they block in no call meanwhile.
	spins atomic.Bool
	// neverSleeps says that the server did not fall asleep until a limit ended the
	// wait: it spins, or is woken again and again. Sleep is then awaited for a part
	// as long. No verdict depends on that: what a verdict waits for has the whole
	// limits.
	neverSleeps atomic.Bool
	// lingers says that the server took its time until it was done with clients that had
	// left: its children outlive them.
	lingers atomic.Bool
	// hides says that the server keeps a socket where no process is seen to hold it.
	hides atomic.Bool
	// starved is how long the machine has kept the server waiting, in nanoseconds.
	starved atomic.Int64

	mu    sync.Mutex
	least map[string]time.Duration // by what is done
}

// took notes how long something took the server.
func (l *learnt) took(what string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if least, known := l.least[what]; known && least <= d {
		return
	}
	if l.least == nil {
		l.least = map[string]time.Duration{}
	}
	l.least[what] = d
}

// takes returns how long something has taken the server at the least; 0 when it is not
// known yet, or not worth waiting for. Until then, or nearly so, there is no use in looking
// for it: to look takes processor time from the server. No verdict depends on that.
func (l *learnt) takes(what string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if least := l.least[what]; least >= worthPausing {
		return least
	}
	return 0
}

// worthPausing is what something takes a server at the least for looks to wait for it: a
// quick one is done before a few looks have cost anything, and a pause that is rounded up by
// the machine's timer would cost time.
const worthPausing = 8 * time.Millisecond

// toAnswer is what the server does when a client has come.
const toAnswer = "answers the first message of a client"

// toEnd is what the server does when so many clients have left.
func toEnd(clients int) string { return "is done with " + Count(clients, "client") }

const (
	// fullSpin is how much processor time a server uses for nothing until it is
	// known to spin: Limits.Spin, if it is not set otherwise.
	fullSpin = 500 * time.Millisecond
	// blamedSpin is how much it is until the processor time itself is held against the server,
	// whatever it did before: one that works at its start is done by then.
	blamedSpin = 4 * fullSpin
	// spinAgain is how much is enough in a server that is known to spin. It is also
	// the processor time that each process which is ready to run must have had.
	spinAgain = 50 * time.Millisecond
	// sleeplessShare is the divisor of Limits.Grace for a server that never sleeps.
	sleeplessShare = 25
	// sleeplessSpin is what is left of Limits.Spin for it: a server that spins has
	// been through its loop many times then, and every other process of it has run.
	sleeplessSpin = 5 * time.Millisecond
)

// blamed are the limits for a wait that may end in blame for the processor time that is used.
func (l Limits) blamed() Limits {
	l.Spin = max(l.Spin, blamedSpin)
	return l
}

// sleepLimits are the limits for a wait until the server sleeps.
func (l *learnt) sleepLimits(limits Limits) Limits {
	if l.neverSleeps.Load() {
		limits.Spin, limits.Grace = min(limits.Spin, sleeplessSpin), limits.Grace/sleeplessShare
	}
	return limits
}
