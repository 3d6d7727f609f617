package harness

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

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
	if why == allGone {
		c.NeedsMet(servesAgain) // it may end after any client
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

const (
	// refusals is how many clients in a row a server turns away that limits them. One that
	// loses a client by mistake serves the next.
	refusals = 3
	// policyGuard is how long a server is asked again that shows no timed wait, and yet may
	// have one: a timer whose signal it catches (setitimer(2)).
	policyGuard = 15 * time.Second
)

// needsService is Needs for the service of a client. A server that turned it away, and
// others for a while, and serves clients again by itself, has a limit of its own: that is
// advice, with the time.
func (s *Server) needsService(one *match.Client) {
	if when := s.limited(one); when != "" {
		wrong := match.Served(one).Explain(s.See(match.Everything))
		wrong.Found += "; " + when
		wrong.Diagnosis = "it serves clients again by itself: it limits them for a time, which is a matter of policy"
		s.c.Advise(wrong)
	}
	s.Needs(match.Served(one))
}

// limited waits until a client that has spoken is served or turned away. Where the server
// turns others away, too, and then serves one, it returns when: "client 61 was served
// after 10 s". Otherwise it returns "".
func (s *Server) limited(one *match.Client) (when string) {
	begin := time.Now()
	s.wait.await(match.ServedOrEnded(one), whenFinal)
	for tried := 0; s.dialled > tried+1 && turnedAway(one) && time.Since(begin) < policyGuard; tried++ {
		if tried >= refusals {
			if !mayWake(s.See(match.Everything)) {
				return ""
			}
			<-poll.After(policyGuard / pollShare)
		}
		one = s.Dial()
		s.SayOne(one)
		s.wait.await(match.ServedOrEnded(one), whenFinal)
		if s.serves(one) && tried >= refusals {
			return fmt.Sprintf("%s was served after %.0f s", one.Name, time.Since(begin).Seconds())
		}
	}
	return ""
}

// mayWake says whether the server may do something by itself when nothing happens to it: it
// has a timed wait, or catches the signal of a timer.
func mayWake(s match.Snapshot) bool {
	return len(rest.WakeSources(s.Picture)) > 0 ||
		slices.ContainsFunc(s.Picture.Live(), func(p observe.Process) bool { return p.Signals.Caught.Has(unix.SIGALRM) })
}

// turnedAway says whether a client was refused, or saw the end without an answer.
func turnedAway(c *match.Client) bool {
	h := c.History()
	return h.Ended() && h.Received == 0
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
	if why == streams {
		s.c.NotApplicable("the server goes on sending to clients that say nothing, as one that streams: what it does when it has sent all is not waited for")
	}
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
