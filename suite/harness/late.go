package harness

import (
	"fmt"
	"strings"
	"time"

	"github.com/forkproof/forkproof/internal/poll"
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
	// pollShare is how often in a period a client comes to a server that refuses it.
	pollShare = 20
)

// ExpectSoon is Expect for an end that must not wait for a timer. Servers are
// known that end a connection 1 to 60 s late, or only when the next client
// connects: the one is advice, with the time, the other a failure that says so.
func (s *Server) ExpectSoon(m match.Matcher) {
	begin := time.Now()
	for {
		snapshot, why := s.wait.await(m, whenAsleep)
		switch {
		case why == seen:
			return
		case why != asleep:
			failOrNext(s, m, snapshot, why)
		case time.Since(begin) >= late:
			expectLate(s, m, snapshot, begin)
			return
		}
		s.wait.pause()
	}
}

// ExpectEventually is Expect with the patience to let the server's own timed
// waits end first, up to a minute; how late it came is ExpectSoon's to judge.
func (s *Server) ExpectEventually(m match.Matcher) {
	if snapshot, why := s.wait.awaitTimers(m, s.See(match.Everything)); why != seen {
		s.c.Fail(s.view.explain(m, snapshot, why))
	}
}

// ExpectService holds the server to serving a client, as m says. One that refuses it for
// a while, and serves clients again by itself, has a limit of its own: that is advice,
// with the time. It has two periods of the longest timed wait that it shows.
func (c *Case) ExpectService(s *Server, m match.Matcher, one *match.Client) {
	begin := time.Now()
	snapshot, why := s.wait.await(m, whenFinal)
	if why == seen {
		return
	}
	failed := s.view.explain(m, snapshot, why)
	period := longestWait(snapshot)
	if s.serves(one) || why.busy() || why == allGone || why == final || period == 0 {
		c.Fail(failed)
	}
	limits := s.wait.limits
	for end := begin.Add(2*period + late); !s.serves(one) && time.Now().Before(end); {
		if one.History().Ended() { // refused or dropped
			<-poll.After(period / pollShare)
			one = s.Dial()
			s.SayOne(one)
		}
		limits.Grace = max(limits.Grace, time.Until(end))
		if s.wait.awaitWithin(limits, match.ServedOrEnded(one), whenFinal); !one.History().Ended() {
			break
		}
	}
	if !s.serves(one) {
		c.Fail(failed)
	}
	failed.Found += fmt.Sprintf("; %s was served after %.0f s", one.Name, time.Since(begin).Seconds())
	failed.Diagnosis = "it serves clients again by itself: it limits them for a time, which is a matter of policy"
	c.Advise(failed)
}

// serves says whether a client is served now.
func (s *Server) serves(c *match.Client) bool { return s.See(match.Everything).Served(c) }

// expectLate judges what has not come while the server sleeps until a timer
// wakes it, as the snapshot shows.
func expectLate(s *Server, m match.Matcher, sleeping match.Snapshot, begin time.Time) {
	snapshot, why := s.wait.awaitTimers(m, sleeping)
	if why != seen {
		failOrNext(s, m, snapshot, why)
	}
	f := m.Explain(sleeping)
	f.Expected += ", at once"
	f.Found = fmt.Sprintf("it came %.1f s late", time.Since(begin).Seconds())
	f.Diagnosis = "until then every process slept, and only a clock could wake one: " + timedWaits(sleeping)
	s.c.Advise(f)
}

// timedWaits says what the clock will wake: "813 sleeps in clock_nanosleep(timeout 3s)".
func timedWaits(snapshot match.Snapshot) string {
	var clauses []string
	for _, w := range rest.WakeSources(snapshot.Picture) {
		clauses = append(clauses, w.Because)
	}
	return strings.Join(clauses[:min(len(clauses), 3)], ", ")
}

// failOrNext fails. Where only a client can wake the server, it says whether one
// more of them brings about what was awaited.
func failOrNext(s *Server, m match.Matcher, snapshot match.Snapshot, why ending) {
	f := s.view.explain(m, snapshot, why)
	if why.sleeps() && snapshot.Alive() {
		s.SayOne(s.Dial())
		if s.Reaches(m) {
			f.Found += "; it came only when another client connected"
		}
	}
	s.c.Fail(f)
}

// awaitTimers is await with grace for the timed waits of the server's
// processes that have but one thread. Runtimes keep threads that wake by the
// clock for ever, and mean nothing by it.
func (w *waiter) awaitTimers(m match.Matcher, sleeping match.Snapshot) (match.Snapshot, ending) {
	limits := w.limits
	if length := longestWait(sleeping); length > 0 {
		limits.Grace = max(limits.Grace, length+late)
	}
	return w.awaitWithin(limits, m, whenFinal)
}

// longestWait returns the longest timed wait, up to latest, of a process that has but
// one thread; 0 when there is none.
func longestWait(s match.Snapshot) (longest time.Duration) {
	for _, p := range s.Picture.Live() {
		if len(p.Tasks) != 1 || p.Tasks[0].Call.Wait != observe.Timed {
			continue
		}
		length := p.Tasks[0].Call.Timeout
		if length == 0 { // until a time of day: how long that is cannot be seen
			length = latest
		}
		if length <= latest {
			longest = max(longest, length)
		}
	}
	return longest
}
