package harness

import (
	"fmt"

	"github.com/forkproof/forkproof/internal/nap"
	"github.com/forkproof/forkproof/suite/match"
)

// Expect holds the server to the requirement: it passes as soon as m is seen,
// and fails when the kernel shows that it never will be.
func (s *Server) Expect(m match.Matcher) {
	if snapshot, why := s.await(m, whenFinal); why != seen {
		s.c.Fail(s.explain(m, snapshot, why))
	}
}

// Prove shows that the provocation took place. When it did not, this is
// forkproof's fault or the machine's.
func (s *Server) Prove(m match.Matcher) {
	if snapshot, why := s.await(m, whenFinal); why != seen {
		f := s.explain(m, snapshot, why)
		s.c.CannotJudge("the provocation did not take place: expected that %s; %s", f.Expected, f.Found)
	}
}

// Needs asks for what another requirement demands. A server that fails it is
// not judged by this one as well, unless nothing else shows what is wrong.
func (s *Server) Needs(m match.Matcher) { s.need(m) }

func (s *Server) need(m match.Matcher) {
	if snapshot, why := s.await(m, whenFinal); why != seen {
		s.c.fallShort(s.explain(m, snapshot, why))
	}
}

// Reaches says whether m comes true; it ends no spec.
func (s *Server) Reaches(m match.Matcher) bool {
	_, why := s.awaitCaused(m)
	return why == seen
}

// awaitCaused awaits what has just been caused. That takes the server a moment, in
// which it is better not looked at.
func (s *Server) awaitCaused(m match.Matcher) (match.Snapshot, ending) {
	if m.Sight() != match.Clients {
		<-nap.After(max(firstGlance/2, s.expectedCost()))
	}
	return s.await(m, whenFinal)
}

// explain words a mismatch together with the reason why waiting ended.
func (s *Server) explain(m match.Matcher, snapshot match.Snapshot, why ending) match.Finding {
	f := m.Explain(snapshot)
	if !snapshot.Alive() && !s.ended {
		f.Diagnosis = join(fmt.Sprintf("the server no longer listens%s", endedHow(snapshot)), f.Diagnosis)
	}
	f.Diagnosis = join(f.Diagnosis, string(why))
	f.Snapshot.Output = s.target.Output().String()
	return f
}

func endedHow(snapshot match.Snapshot) string {
	if snapshot.Ended == "" {
		return ""
	}
	return ": the process that was started ended (" + snapshot.Ended + ")"
}

func join(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + "; " + b
}

// epilogue ends every spec: whatever was done to it, the server serves on.
func (s *Server) epilogue() {
	if !s.ended && !s.dismissed {
		s.StillServes()
	}
}

// StillServes has one more client connect, speak, be answered and leave, once
// the server has come to rest: a server that is about to die of what was done
// to it has died by then.
func (s *Server) StillServes() {
	s.rest()
	c := s.connectOne()
	s.say(c)
	s.need(match.Served(c))
	c.Close()
	s.c.Did("connected one more client: it was answered")
}
