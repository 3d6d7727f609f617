package suite

import (
	"fmt"
	"strings"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
	"github.com/forkproof/forkproof/suite/match"
)

const (
	// late is how long after its cause an end still counts as prompt. Lateness
	// is no matter of a stopwatch: by then every process of the server sleeps,
	// and only a clock of its own will wake it.
	late = time.Second
	// latest is the longest timed wait of the server that is waited for.
	latest = time.Minute
)

// ExpectSoon is Expect for an end that must not wait for a timer. Servers are
// known that end a connection 1 to 60 s late, or only when the next client
// connects: the one is advice, with the time, the other a failure that says so.
func (s *Server) ExpectSoon(m match.Matcher) {
	begin := time.Now()
	for {
		scene, why := s.await(m, whenSettled)
		switch {
		case why == seen:
			return
		case why != asleep:
			s.failOrNext(m, scene, why)
		case time.Since(begin) >= late:
			s.expectLate(m, scene, begin)
			return
		}
		select {
		case <-s.bell.Next():
		case <-time.After(lastLook):
		case <-s.c.ctx.Done():
			s.c.blameTheMachine()
		}
	}
}

// ExpectEventually is Expect with the patience to let the server's own timed
// waits end first, up to a minute; how late it came is ExpectSoon's to judge.
func (s *Server) ExpectEventually(m match.Matcher) {
	if scene, why := s.awaitTimers(m, s.scene()); why != seen {
		s.c.Fail(s.explain(m, scene, why))
	}
}

// expectLate judges what has not come while the server sleeps until a timer
// wakes it, as asleep shows.
func (s *Server) expectLate(m match.Matcher, asleep match.Scene, begin time.Time) {
	scene, why := s.awaitTimers(m, asleep)
	if why != seen {
		s.failOrNext(m, scene, why)
	}
	f := m.Explain(asleep)
	f.Expected += ", at once"
	f.Found = fmt.Sprintf("it came %.1f s late", time.Since(begin).Seconds())
	f.Diagnosis = "until then every process slept, and only a clock could wake one: " + sleepers(asleep)
	s.c.Advise(f)
}

// sleepers says what the clock will wake: "813 sleeps in clock_nanosleep(timeout 3s)".
func sleepers(scene match.Scene) string {
	var clauses []string
	for _, w := range rest.WakeSources(scene.Picture) {
		clauses = append(clauses, w.Because)
	}
	return strings.Join(clauses[:min(len(clauses), 3)], ", ")
}

// failOrNext fails. Where nothing but a client can wake the server, it says
// whether one more of them brings about what was awaited.
func (s *Server) failOrNext(m match.Matcher, scene match.Scene, why ending) {
	f := s.explain(m, scene, why)
	if why == atRest && scene.Alive() {
		s.say(s.dial())
		if s.Reaches(m) {
			f.Found += "; it came only when another client connected"
		}
	}
	s.c.Fail(f)
}

// awaitTimers is await with grace for the timed waits of the server's
// processes that have but one thread. Runtimes keep threads that wake by the
// clock for ever, and mean nothing by it.
func (s *Server) awaitTimers(m match.Matcher, asleep match.Scene) (match.Scene, ending) {
	limits := s.c.config.Limits
	for _, p := range asleep.Picture.Live() {
		if len(p.Tasks) != 1 || p.Tasks[0].Call.Wait != observe.Timed {
			continue
		}
		length := p.Tasks[0].Call.Timeout
		if length == 0 { // until a time of day: how long that is cannot be seen
			length = latest
		}
		if length <= latest {
			limits.Grace = max(limits.Grace, length+late)
		}
	}
	return s.awaitWithin(limits, m, whenFinal)
}
