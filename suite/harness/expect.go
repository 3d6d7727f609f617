package harness

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
)

// Expect holds the server to the requirement: it passes as soon as m is seen,
// and fails when the kernel shows that it never will be.
func (s *Server) Expect(m match.Matcher) {
	if wrong := s.Mismatch(m); wrong != nil {
		s.c.Fail(*wrong)
	}
}

// Mismatch waits for m as Expect does, and returns what is wrong; nil when m is seen.
func (s *Server) Mismatch(m match.Matcher) *match.Finding {
	snapshot, why := s.wait.await(m, whenFinal)
	if why == seen {
		return nil
	}
	if m.Sight() >= match.Descriptors {
		s.view.mustHoldAll(snapshot)
		s.c.mustBeHandedOver(snapshot)
	}
	wrong := s.view.explain(m, snapshot, why)
	return &wrong
}

// Prove shows that the provocation took place. When it did not, this is
// forkproof's fault or the machine's.
func (s *Server) Prove(m match.Matcher) {
	if wrong := s.Mismatch(m); wrong != nil {
		s.c.CannotJudge("the provocation did not take place: expected that %s; %s", wrong.Expected, wrong.Found)
	}
}

// Needs asks for what another requirement demands. The failure of a server that
// does not do it is that other one's.
func (s *Server) Needs(m match.Matcher) {
	if wrong := s.Mismatch(m); wrong != nil {
		s.c.FallShort(*wrong)
	}
}

// Reaches says whether m comes true; it ends no spec.
func (s *Server) Reaches(m match.Matcher) bool {
	_, why := s.wait.awaitCaused(m)
	return why == seen
}

// Settles says whether m comes true before the server sleeps, or has been woken by
// all its timers; it ends no spec.
func (s *Server) Settles(m match.Matcher) bool {
	_, why := s.wait.await(m, whenAsleep)
	return why == seen
}

// ExpectNever holds the server to m not coming true; expected says what does instead.
func (s *Server) ExpectNever(m match.Matcher, expected string) {
	snapshot, why := s.wait.await(m, whenFinal)
	if why != seen {
		s.view.mustHoldAll(snapshot)
		return
	}
	f := m.Explain(s.See(match.Everything))
	f.Expected = expected
	s.c.Fail(f)
}

// ExpectServes holds the server to serving the clients it has and a new one,
// once it sleeps after what was done to it: a new client that comes before a
// signal is taken would keep poll(2) from being interrupted by it.
func (s *Server) ExpectServes(connected Group) {
	s.Rest()
	if s.c.crowded(len(connected)+1) && len(connected) > 0 {
		s.Say(connected)
		connected = s.c.Answers(s, connected, s.Expect)
		s.Rest()
	}
	fresh := s.Dial()
	s.Expect(match.Connected(fresh))
	ends := s.c.brief || fresh.Exchanges > 0
	speakers := append(slices.Clone(connected), fresh)
	if ends { // an answer ends the children of the others, and with them what blocks the parent
		speakers = append(Group{fresh}, connected...)
	}
	for _, c := range speakers {
		s.SayOne(c)
		if ends { // each alone: whether children that end together are reaped is a matter of Together
			s.Expect(match.Served(c))
			s.Rest()
		}
	}
	all := append(slices.Clone(connected), fresh)
	s.c.Did("%s %s, the last of them newly connected", all.Names(), s.say("spoke", "stayed"))
	s.Expect(match.Served(all...))
}

// Reconsider does steps, and when the server fails in them, it asks excuse whether that is
// no failure. excuse may do more with the server, start another, and end the spec
// otherwise: the evidence is of the failure.
func (c *Case) Reconsider(steps func(), excuse func(match.Finding) bool) {
	o := attempt(steps)
	if o.verdict == report.Fail && !o.shortfall {
		c.takeEvidence(&o)
		if excuse(o.finding) {
			return
		}
	}
	if o.verdict != report.Pass {
		panic(o)
	}
}

// StillServes has one more client connect, speak, be answered and leave, once
// the server sleeps: a server that is about to die of what was done to it has
// died by then. One that serves a client at a time serves on all the same: it
// answers when the clients before have left. Where that is its model, they leave first:
// what becomes of clients that wait is a matter of concurrency/in-turn.
func (s *Server) StillServes() {
	s.Rest()
	if s.c.config.fit.atOnce == 1 {
		s.Leave(slices.Clone(s.view.clients))
	}
	before := Group(slices.Clone(s.view.clients))
	c := s.connect()
	s.SayOne(c)
	if when := s.limited(c); when != "" {
		s.c.Did("connected more clients: they were turned away for a time, until %s", when)
		return
	}
	if wrong := s.Mismatch(match.Served(c)); wrong != nil {
		if len(before) == 0 {
			s.c.FallShort(*wrong)
		}
		s.Close(before)
		s.Needs(match.Served(c))
	}
	c.Close()
	s.c.Did("connected one more client: it was %s", s.say("answered", "accepted and served"))
}

// explain words a mismatch together with the reason why waiting ended.
func (v *view) explain(m match.Matcher, snapshot match.Snapshot, why ending) match.Finding {
	f := m.Explain(snapshot)
	if !snapshot.Alive() && !v.ended {
		f.Diagnosis = join("the server no longer listens"+endedHow(snapshot), f.Diagnosis)
	}
	f.Diagnosis = join(f.Diagnosis, string(why))
	f.Snapshot.Output = v.target.Output().String()
	return f
}

func endedHow(snapshot match.Snapshot) string {
	if snapshot.Ended == "" {
		return ""
	}
	return fmt.Sprintf(": the process that was started ended (%s)", snapshot.Ended)
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
