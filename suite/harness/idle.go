package harness

import (
	"fmt"
	"time"

	"github.com/forkproof/forkproof/suite/match"
)

const (
	// idleWindow is how long a server that timers wake is watched.
	idleWindow = 500 * time.Millisecond
	// idleShare is the part of that time it may spend on a processor.
	idleShare = 0.1
)

// ExpectIdle holds the server to using no processor time while no client speaks.
// One that sleeps for good uses none. One that wakes by itself is watched for
// a while: polling a few times a second is no fault, a busy loop is.
func (s *Server) ExpectIdle(when string) {
	first, why := s.wait.await(match.Never("the server sleeps"), whenAsleep)
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
			w.c.Fail(match.Finding{
				Expected: "the server sleeps, " + when,
				Found:    fmt.Sprintf("it goes on sending for %v, though no client speaks", watched.Round(time.Millisecond)),
				Snapshot: &now,
			})
		case used > time.Duration(idleShare*float64(idleWindow)):
			w.c.Fail(busy(now, when, usedIn(used, watched)))
		case watched >= idleWindow:
			return
		}
		w.pause()
	}
}

// received counts the bytes of clients that received what they were not owed.
func (w *waiter) received() (sum int64) {
	for _, c := range w.clients {
		if h := c.History(); h.Wrong != nil {
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
	now, why := s.wait.await(match.Never("the server sleeps"), whenFinal)
	if why == allGone || !now.Alive() {
		s.c.NotApplicable("it does not survive running out of descriptors: see %s", survives)
	}
	watched, used := since(first, now)
	if why.busy() || !why.sleeps() && used > time.Duration(idleShare*float64(watched)) {
		s.c.Fail(busy(now, when, usedIn(used, watched)))
	}
	s.c.Did("it used %v of processor time in %v", used.Round(10*time.Microsecond), watched.Round(time.Millisecond))
}

// since returns the time between two snapshots and the processor time used in it.
func since(first, now match.Snapshot) (watched, used time.Duration) {
	return now.Picture.At.Sub(first.Picture.At), now.Picture.CPU() - first.Picture.CPU()
}

func usedIn(used, watched time.Duration) string {
	return fmt.Sprintf("it used %v of processor time in %v", used.Round(time.Millisecond), watched.Round(time.Millisecond))
}

// busy explains that some process uses the processor.
func busy(snapshot match.Snapshot, when, how string) match.Finding {
	f := match.Busy().Explain(snapshot)
	f.Found = fmt.Sprintf("%s, %s", when, f.Found)
	f.Diagnosis = join(f.Diagnosis, how)
	return f
}
