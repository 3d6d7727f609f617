package harness

import (
	"errors"
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// ExpectGoesOn holds the server to serving a new client, and to leaving the one
// whom a fault hit not waiting: it is served late, or dropped.
func (s *Server) ExpectGoesOn(hit *match.Client) {
	s.rest() // what was done to it before has taken its effect
	fresh := s.dial()
	s.Expect(match.Connected(fresh))
	s.say(fresh)
	s.Expect(match.All(match.Served(fresh), match.ServedOrDropped(hit)))
	s.tellFate(fresh, hit)
}

// tellFate notes that a new client was served, and what became of the one whom
// a fault hit.
func (s *Server) tellFate(fresh, hit *match.Client) {
	fate := "dropped"
	if hit.Served() {
		fate = "served, too"
	}
	s.c.Did("%s, newly connected, was served; %s was %s", fresh.Name, hit.Name, fate)
}

// allLeave has the clients leave one after another, each child reaped and the
// server back where it waits before the next one ends, and expects the server to
// have closed all connections and to have reaped all children, and to listen
// still. It gives the picture of the server at rest then.
func (s *Server) allLeave() observe.Picture {
	all := slices.Clone(s.clients)
	for len(s.clients) > 0 {
		if !restless {
			s.rest()
		}
		one := s.clients[0]
		var child []observe.ProcessID
		if id, own := s.see(match.Descriptors).Child(one); own {
			child = append(child, id)
		}
		s.leaveAndSettle(Group{one})
		s.await(match.Reaped(child...), whenSettled)
	}
	s.clients = all
	s.Expect(match.NoConnectionLeft())
	s.ExpectReaped()
	Group(s.clients).atOnce(func(c *match.Client) { c.Close() })
	s.clients = nil
	now := s.rest() // what the end of the last child does to it, it has done
	s.Expect(match.Listening())
	return now
}

// ExpectNothingLeft has all clients leave and holds the server to keeping
// nothing of them.
func (s *Server) ExpectNothingLeft(before observe.Picture) {
	s.allLeave()
	s.Expect(match.NoMoreSockets(before))
	s.c.Did("all clients left: no connection more than before, and no zombie")
	s.dismissed = true
}

// mustReach ends the spec when a fault could not be brought to a process.
func (s *Server) mustReach(err error, who string) {
	switch {
	case err == nil:
	case errors.Is(err, faults.ErrGone):
		s.c.fallShort(match.Finding{
			Expected: who + " is alive",
			Found:    fmt.Sprintf("it has ended: %v%s", err, endedHow(s.snapshot())),
		})
	default:
		s.c.CannotJudge("the fault could not be brought to %s: %v", who, err)
	}
}
