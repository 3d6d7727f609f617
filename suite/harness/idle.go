package harness

import (
	"fmt"
	"slices"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
	"github.com/forkproof/forkproof/suite/match"
)

const (
	// idleWindow is how long a server that timers wake is watched.
	idleWindow = 500 * time.Millisecond
	// idleShare is the part of the time it is watched that it may spend on a processor.
	idleShare = 0.1
	// tryPause is the least pause between two tries that counts as one: the 50 ms that
	// the hint names, and no less.
	tryPause = 50 * time.Millisecond
	// triesCost is how much processor time two such tries may take together: each less
	// than spinAgain, some fifty times what one call of accept and a line of a log cost.
	triesCost = 2 * spinAgain
)

// ExpectIdle holds the server to using no processor time while no client speaks.
// One that sleeps for good uses none. One that wakes by itself is watched for
// a while: polling a few times a second is no fault, a busy loop is.
func (s *Server) ExpectIdle(when string) {
	first, why := s.wait.awaitWithin(s.wait.limits.blamed(), match.Never("the server sleeps"), whenAsleep)
	switch why {
	case final:
	case asleep:
		s.wait.watchIdle(first, when)
	case allGone:
		s.c.FallShort(match.Finding{
			Expected: "the server sleeps, " + when,
			Found:    "no process of it is left" + endedHow(first),
			Snapshot: &first,
		})
	case unaskedFor:
		s.c.Fail(sends(first, when, "on"))
	default:
		s.c.Fail(busy(first, when, string(why)))
	}
	s.c.Did("%s: %s", when, why)
}

// watchIdle watches a server that timers wake.
func (w *waiter) watchIdle(first match.Snapshot, when string) {
	before := w.received()
	for {
		now := w.see(match.Everything)
		watched, used := since(first, now)
		switch {
		case w.received() > before:
			w.c.Fail(sends(now, when, fmt.Sprintf("after %v", watched.Round(time.Millisecond))))
		case used > time.Duration(idleShare*float64(max(watched, idleWindow))): // a late look saw more
			w.c.Fail(busy(now, when, usedIn(used, watched)))
		case watched >= idleWindow && !w.mayStillSend(first, now):
			return
		}
		w.pause()
	}
}

// mayStillSend says whether a process that serves a client is in its first timed wait
// since a snapshot: what it sends when that has ended is not seen yet. A wait that ends
// later than the grace is not waited for.
func (w *waiter) mayStillSend(first, now match.Snapshot) bool {
	watched, _ := since(first, now)
	return watched < w.limits.Grace && slices.ContainsFunc(rest.WakeSources(now.Picture), func(source rest.WakeSource) bool {
		p, found := now.Picture.Find(source.Process)
		return found && source.Timeout > idleWindow && source.Timeout <= w.limits.Grace &&
			source.Wakeups(first.Picture, now.Picture) == 0 && slices.ContainsFunc(p.Descriptors, isConnected)
	})
}

func isConnected(d observe.Descriptor) bool { return d.Kind == observe.ConnectedSocket }

// received counts the bytes of clients that received what they were not owed. A server that
// was to echo owes nothing to clients that say nothing.
func (w *waiter) received() (sum int64) {
	for _, c := range w.clients {
		if h := c.History(); h.Wrong != nil || w.c.silent {
			sum += h.Received
		}
	}
	return sum
}

// ExpectCalm holds the server to using little or no processor time in a state that
// when names. One that wakes by itself to try again is watched until it has done so
// twice. A server that does not survive the state is n/a because of survives, the
// requirement that asks for it.
func (s *Server) ExpectCalm(when, survives string) {
	first := s.See(match.Everything)
	now, why := s.wait.awaitWithin(s.wait.limits.blamed(), match.Never("the server sleeps"), whenFinal)
	if why == allGone || !now.Alive() {
		s.c.NotApplicable("it does not survive running out of descriptors: see %s", survives)
	}
	watched, used := since(first, now)
	if why.busy() || isRestless(why, now, used, watched) {
		s.c.Fail(busy(now, when, usedIn(used, watched)))
	}
	s.c.Did("it used %v of processor time in %v", used.Round(10*time.Microsecond), watched.Round(time.Millisecond))
}

// isRestless says whether a server wakes up more than it may: for a larger part of the time
// than idleShare, and where it pauses between its tries, for more than two of them take. On
// a busy machine many processes have tried more than twice before each was seen to: then
// each may have used as much, within that part of the time.
func isRestless(why ending, now match.Snapshot, used, watched time.Duration) bool {
	share := time.Duration(idleShare * float64(watched))
	switch {
	case why.sleeps():
		return false
	case why == timersUp && pauses(now):
		each := triesCost * time.Duration(len(rest.WakeSources(now.Picture)))
		return used > max(triesCost, min(each, share))
	default:
		return used > share
	}
}

// pauses says whether each wait of a tree that time ends is at least a pause long. What
// one try costs, such as the line that it logs, makes no busy loop of it.
func pauses(now match.Snapshot) bool {
	return !slices.ContainsFunc(rest.WakeSources(now.Picture), func(source rest.WakeSource) bool {
		return source.Timeout < tryPause
	})
}

// since returns the time between two snapshots and the processor time used in it.
func since(first, now match.Snapshot) (watched, used time.Duration) {
	return now.Picture.At.Sub(first.Picture.At), now.Picture.CPU() - first.Picture.CPU()
}

func usedIn(used, watched time.Duration) string {
	return fmt.Sprintf("it used %v of processor time in %v", used.Round(time.Millisecond), watched.Round(time.Millisecond))
}

// sends explains that the server sends what no client asked for.
func sends(snapshot match.Snapshot, when, how string) match.Finding {
	return match.Finding{
		Expected: "the server sleeps, " + when,
		Found:    fmt.Sprintf("%s, it sends %s, though no client speaks", when, how),
		Snapshot: &snapshot,
	}
}

// busy explains that some process uses the processor.
func busy(snapshot match.Snapshot, when, how string) match.Finding {
	f := match.Busy().Explain(snapshot)
	f.Found = fmt.Sprintf("%s, %s", when, f.Found)
	f.Diagnosis = join(f.Diagnosis, how)
	return f
}
