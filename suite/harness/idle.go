package harness

import (
	"fmt"
	"time"

	"github.com/forkproof/forkproof/suite/match"
)

const (
	// idleWindow is how long a server that is woken by timers is watched.
	idleWindow = 500 * time.Millisecond
	// idleShare is the part of that time it may spend on a processor.
	idleShare = 0.1
)

// ExpectIdle holds the server to using no processor time while nobody speaks.
// One that sleeps for good uses none. One that wakes by itself is watched for
// a while: polling a few times a second is no fault, spinning is.
func (s *Server) ExpectIdle(when string) {
	first, why := s.await(match.Never("the server sleeps"), whenSettled)
	switch why {
	case atRest:
	case asleep:
		s.watchIdle(first, when)
	case allGone:
		s.c.fallShort(match.Finding{
			Expected: "the server sleeps, " + when,
			Found:    "no process of it is left" + endedHow(first),
			Snapshot: &first,
		})
	default:
		s.busy(first, when, string(why))
	}
	s.c.Did("%s: %s", when, why)
}

func (s *Server) watchIdle(first match.Snapshot, when string) {
	for {
		now := s.snapshot()
		watched := now.Picture.At.Sub(first.Picture.At)
		used := now.Picture.CPU() - first.Picture.CPU()
		switch {
		case used > time.Duration(idleShare*float64(idleWindow)):
			s.busy(now, when, fmt.Sprintf("it used %v of processor time in %v", used.Round(time.Millisecond), watched.Round(time.Millisecond)))
		case watched >= idleWindow:
			return
		}
		select {
		case <-time.After(lastLook):
		case <-s.c.ctx.Done():
			s.c.blameTheMachine()
		}
	}
}

// busy fails: some process uses the processor.
func (s *Server) busy(snapshot match.Snapshot, when, how string) {
	f := match.Busy().Explain(snapshot)
	f.Found = fmt.Sprintf("%s, %s", when, f.Found)
	f.Diagnosis = join(f.Diagnosis, how)
	s.c.Fail(f)
}
