package suite

import (
	"fmt"
	"time"

	"github.com/forkproof/forkproof/internal/nap"
	"github.com/forkproof/forkproof/observe/rest"
	"github.com/forkproof/forkproof/suite/match"
)

// How a wait ended, as a clause for the report.
type ending string

const (
	seen      ending = "" // what was awaited came
	atRest    ending = "every process sleeps and nothing that is still to come can wake it, so this is final"
	asleep    ending = "every process sleeps, until a timer wakes it"
	allGone   ending = "no process of the server is left"
	plateaued ending = "every timed wait of the server has ended twice since, and nothing changed"
	spun      ending = "the server goes on using processor time, and nothing comes of it"
)

// Which rest of the tree ends a wait.
type patience int

const (
	whenFinal   patience = iota // nothing can wake it any more
	whenSettled                 // it sleeps; a timer may wake it
)

const (
	// firstLook is how long a server is left alone before it is looked at for
	// a sign that waiting is in vain. Most waits end before.
	firstLook = 2 * time.Millisecond
	lastLook  = 10 * time.Millisecond
	// lookShare is how many times as long as the last look took the next one is
	// put off: whoever looks at a hundred processes all the time keeps them from
	// their work.
	lookShare = 3
	// firstGlance is how long it takes until what is awaited is looked for again.
	firstGlance = 200 * time.Microsecond
)

// await watches the server and its clients until m holds, or until nothing is
// left that could bring it about. It returns the last scene and how it ended.
//
// It glances often at what m has to see, and looks at everything seldom, to
// find out whether the tree has come to rest.
func (s *Server) await(m match.Matcher, p patience) (match.Scene, ending) {
	return s.awaitWithin(s.c.config.Limits, m, p)
}

// awaitWithin is await with limits of its own.
func (s *Server) awaitWithin(limits Limits, m match.Matcher, p patience) (match.Scene, ending) {
	w := watch{limits: limits, patience: p}
	look := time.Now().Add(max(firstLook, lookShare*s.expectedCost()))
	if p == whenSettled {
		look = time.Now()
	}
	looked := false
	for glance, wait := firstGlance, firstLook; ; glance = min(glance*3/2, lastLook) {
		changed := s.bell.Next()
		due := !time.Now().Before(look)
		sight := m.Sight()
		if due {
			sight = match.Everything
		}
		begin := time.Now()
		scene := s.see(sight)
		cost := time.Since(begin)
		if m.Holds(scene) {
			return scene, seen
		}
		if due {
			s.lookCost, s.looked = cost, len(scene.Picture.Processes)
			// What a client did or saw after the look began is not in the scene.
			if end := w.look(scene); end != seen && !isClosed(changed) {
				return scene, end
			}
			wait = min(wait*3/2, lastLook)
			if w.progressed {
				glance, wait = firstGlance, firstLook/4
			}
			look = time.Now().Add(max(wait, lookShare*cost))
			if p == whenSettled && !looked {
				look = time.Now() // two looks tell whether it rests; time between them adds nothing
			}
			looked = true
		}
		pause := time.Until(look)
		if m.Sight() != match.Clients {
			// A big tree takes long to look at, and has the more to do itself.
			pause = min(pause, max(glance, 2*cost))
		}
		select {
		case <-changed:
		case <-nap.After(pause):
		case <-s.c.ctx.Done():
			s.c.blameTheMachine()
		}
	}
}

// expectedCost is how long the next look at everything may take: as long as the
// last one, or longer when there are clients that came since, each of which may
// have got a process of its own.
func (s *Server) expectedCost() time.Duration {
	if s.looked == 0 {
		return s.lookCost
	}
	return s.lookCost * time.Duration(max(s.looked, s.open())) / time.Duration(s.looked)
}

// open counts the clients whose connection has not ended.
func (s *Server) open() int {
	n := 0
	for _, c := range s.clients {
		if !c.History().Ended() {
			n++
		}
	}
	return n
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// A watch decides when waiting is over.
type watch struct {
	limits   Limits
	patience patience

	last       match.Scene
	given      time.Duration // how long the wait has taken, but for the time that the machine kept the server waiting
	print      string        // fingerprint of last
	since      match.Scene   // the first scene with that fingerprint
	begun      time.Duration // what was given when since was seen
	acted      match.Scene   // the last in which a client had yet to act, or since: what was used till then is excused
	headway    headway
	gained     time.Duration // what was given when headway was last made
	progressed bool
}

// look takes in the next scene.
func (w *watch) look(now match.Scene) ending {
	defer func() { w.last = now }()
	if !w.last.Picture.At.IsZero() {
		w.given += now.Picture.At.Sub(w.last.Picture.At) - rest.StallTime(w.last.Picture, now.Picture)
	}
	if print := fingerprint(now); print != w.print {
		w.print, w.since, w.progressed = print, now, true
		w.begun, w.acted = w.given, now
		return w.churn(now)
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
		return atRest
	case tree.Settled && w.patience == whenSettled:
		return asleep
	case rest.Steady(w.since.Picture, w.last.Picture, now.Picture):
		if w.patience == whenSettled {
			return asleep
		}
		return plateaued
	}
	return w.guard(now)
}

// churn ends a wait for a server that changes for ever.
func (w *watch) churn(now match.Scene) ending {
	if w.headway.made(now) {
		w.gained = w.given
	}
	if inVain := w.given - w.gained; inVain >= w.limits.Grace {
		return ending(fmt.Sprintf("processes or files come and go, and nothing else changed for %v",
			inVain.Round(time.Second)))
	}
	return seen
}

// guard ends a wait that proof does not end. What a process that spins has used
// is held against the server only when every other that wants to run has had a
// whole turn: what is awaited may be just what that one is in the midst of, when
// a busy machine, or the one that spins, takes its processor away.
func (w *watch) guard(now match.Scene) ending {
	used := now.Picture.CPU() - w.acted.Picture.CPU()
	spin := w.limits.Spin
	if spinner && onlySpinnersRun(w.since.Picture, w.last.Picture, now.Picture) {
		spin = min(spin, spinAgain)
	}
	switch {
	case used >= spin && !rest.AwaitsTimeSlice(w.acted.Picture, now.Picture, min(spin, spinAgain)):
		spinner = spinner || used >= fullSpin
		return spun
	case w.given-w.begun >= w.limits.Grace:
		waited := now.Picture.At.Sub(w.since.Picture.At)
		return ending(fmt.Sprintf("nothing changed for %v", waited.Round(time.Second)))
	}
	return seen
}
