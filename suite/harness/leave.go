package harness

import (
	"slices"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
)

// AtATime is how many clients are connected at the same moment where many come
// and leave.
const AtATime = 20

// Close has the clients close their connections, all at the same moment.
func (s *Server) Close(g Group) {
	if len(g) == 0 {
		return
	}
	s.c.tell(leaves, g...)
	g.atOnce(func(c *match.Client) { c.Close() })
	s.c.Did("%s closed", g.Names())
}

// leaves is what a client does that closes its connection.
const leaves = "leaves (FIN)"

// HalfClose has the clients send their FIN and go on reading.
func (s *Server) HalfClose(g Group) {
	if len(g) == 0 {
		return
	}
	s.c.tell("sends its FIN and reads on", g...)
	g.atOnce(func(c *match.Client) { c.HalfClose() })
	s.c.Did("%s sent a FIN (shutdown, SHUT_WR)", g.Names())
}

// Reset has the clients reset their connections.
func (s *Server) Reset(g Group) {
	if len(g) == 0 {
		return
	}
	s.c.tell("resets its connection (RST)", g...)
	g.atOnce(func(c *match.Client) { c.Reset() })
	s.c.Did("%s reset the connection", g.Names())
}

// ComeAndGo serves n clients, at most AtATime at once, which then leave, and sees
// their connections gone. A server that takes its time with them has only enough.
// ComeAndGo returns how many there were.
func (s *Server) ComeAndGo(n, enough int) int {
	most := s.c.AtOnce(AtATime)
	pace, came := s.c.pace(), 0
	for came < n && (came < enough || !pace.slow()) {
		some := make(Group, 0, most)
		for range min(n-came, most) {
			// One after another: a short backlog is no fault here.
			one := s.connect()
			some = append(some, one)
			s.TakeTurn(one, func() { s.needsService(one) })
		}
		s.Needs(match.Served(some...))
		if d := s.Leave(some); d.Busy {
			s.c.FallShort(*d.Wrong) // each further client would add to those that spin
		}
		came += len(some)
		pace.served(len(some))
	}
	s.Rest()
	switch {
	case came < n:
		s.c.Did("served %d of %d clients, which left, at most %d at a time: the server took %v for them", came, n, most, pace.taken().Round(10*time.Millisecond))
	case n == 1:
		s.c.Did("served 1 client, which left")
	default:
		s.c.Did("served %s, which left, at most %d at a time", Count(n, "client"), most)
	}
	return came
}

// A Departure is what clients leave behind.
type Departure struct {
	// Wrong is what is left of them; nil when the server has closed its side and ended
	// the processes that served them.
	Wrong *match.Finding
	// Busy says that the server uses the processor for nothing since they left.
	Busy bool
}

// Leave has clients close, waits until the server has closed its side too or never
// will, and forgets the clients. The very first one closes before the others: when
// that makes the server busy, the others would only add to it, and they stay.
func (s *Server) Leave(g Group) Departure {
	if !s.seenLeaving && len(g) > 1 {
		if d := s.leaveTogether(g[:1]); d.Busy {
			return d
		}
		g = g[1:]
	}
	return s.leaveTogether(g)
}

// Part is Leave for a client that another one follows: processes that are known to take
// their time until they end, after their connection, are not waited for.
func (s *Server) Part(g Group) Departure {
	if l := s.wait.learnt; !l.lingers.Load() || l.spins.Load() {
		return s.Leave(g)
	}
	return s.leaveUntil(g, match.NoConnectionLeft())
}

func (s *Server) leaveTogether(g Group) Departure {
	return s.leaveUntil(g, match.All(match.NoConnectionLeft(), childrenGone(s, g)))
}

// leaveUntil has clients close at the same moment, waits for m, and forgets the clients.
func (s *Server) leaveUntil(g Group, m match.Matcher) (d Departure) {
	s.seenLeaving = true
	s.c.tell(leaves, g...)
	g.atOnce(func(c *match.Client) { c.Close() })
	taken := s.c.clock()
	snapshot, why := s.wait.awaitKnown(toEnd(len(g)), m)
	if taken() > lingers {
		s.wait.learnt.lingers.Store(true)
	}
	if why != seen {
		wrong := s.view.explain(m, snapshot, why)
		d = Departure{&wrong, why.busy()}
		s.stayed = idsOf(snapshot.Picture.Live())
	}
	s.view.clients = slices.DeleteFunc(slices.Clone(s.view.clients), func(c *match.Client) bool { return slices.Contains(g, c) })
	return d
}

// childrenGone matches once the processes that serve the clients have ended.
// Which those are has to be looked for only when there are, or were, other clients.
func childrenGone(s *Server, g Group) match.Matcher {
	if len(s.view.clients) == len(g) {
		return match.NewProcessesEnded(s.stayed)
	}
	children := s.See(match.Descriptors).Children()
	var ids []observe.ProcessID
	for _, c := range g {
		if id, own := children[c]; own {
			ids = append(ids, id)
		}
	}
	return match.Dead(ids...)
}

// lingers is how long the server takes to be done with clients that have left until it is
// known to take its time.
const lingers = 500 * time.Millisecond

// copes are the requirements that show that a server reaps its children whether they end
// together or one after another.
var copes = []string{Together, "reaping/sequential"}

// nextToLeave returns the client that leaves next. Where the server takes its time and is
// known to cope with children that end together, it returns all clients.
func (s *Server) nextToLeave() Group {
	passes := func(id string) bool {
		known, judged := s.c.run.known(id)
		return judged && known.Verdict == report.Pass
	}
	if s.wait.learnt.lingers.Load() && passes(copes[0]) && passes(copes[1]) {
		return slices.Clone(s.view.clients)
	}
	return Group{s.view.clients[0]}
}

// allLeave has the clients leave one after another, each child reaped and the server
// asleep before the next one ends; see nextToLeave. When a server gets busy instead of
// closing a connection, the other clients would only add to it.
func (s *Server) allLeave() {
	all := slices.Clone(s.view.clients)
	for len(s.view.clients) > 0 {
		if !s.wait.learnt.neverSleeps.Load() {
			s.Rest()
		}
		next := s.nextToLeave()
		var children []observe.ProcessID
		snapshot := s.See(match.Descriptors)
		for _, c := range next {
			if id, own := snapshot.Child(c); own {
				children = append(children, id)
			}
		}
		if d := s.leaveTogether(next); d.Busy && !match.NoConnectionLeft().Holds(*d.Wrong.Snapshot) {
			s.c.Fail(*d.Wrong)
		}
		s.Settles(match.Reaped(children...))
	}
	s.view.clients = all
}

// forget closes what clients are left, and returns the picture of the sleeping server,
// which must listen still.
func (s *Server) forget() observe.Picture {
	Group(s.view.clients).atOnce(func(c *match.Client) { c.Close() })
	s.view.clients = nil
	now := s.Rest() // what the end of the last child does to it, it has done
	s.Expect(match.Listening())
	return now
}

// Ended waits for the end of the children of clients that have left, and says whether they
// have ended.
func (s *Server) Ended(children []observe.ProcessID) bool {
	_, why := s.wait.awaitKnown(toEnd(len(children)), match.Dead(children...))
	return why == seen
}

// ChildrenEnd waits for the children to end. Where they outlive their
// connections (prefork workers, a child that lingers), reaping has nothing to
// be judged by.
func (s *Server) ChildrenEnd(children []observe.ProcessID) {
	if !s.Ended(children) {
		s.c.NotApplicable("the children do not end with their connections, so there is nothing to reap")
	}
	if len(children) == 1 {
		s.c.Did("saw its child end")
	} else {
		s.c.Did("saw all %d children end", len(children))
	}
}

// ExpectReaped holds the server to leaving no zombie. Zombies that go with one
// more connection are bounded: servers that reap at the next accept are common. Where the
// server ends its connections by itself, children may have ended together, whatever the
// spec does: then zombies may be the failure of one of the owners.
func (s *Server) ExpectReaped(owners ...string) {
	zombies := s.Mismatch(match.NoZombies())
	if zombies == nil {
		s.c.Did("saw no zombie")
		return
	}
	if s.OneMoreReaps() {
		return
	}
	if s.endsByItself() {
		for _, id := range owners {
			s.c.NeedsMet(id)
		}
	}
	s.c.Fail(*zombies)
}

// endsByItself says whether the server ends the connections of the protocol, so that
// children may end together whatever the spec does.
func (s *Server) endsByItself() bool { return s.c.config.speaks().Manner().Exchanges > 0 }

// Together is the requirement that a server does not meet which reaps one child at a time.
const Together = "reaping/five-at-once"

// OneMoreReaps makes one more connection and says whether the zombies that
// were there before it are gone.
func (s *Server) OneMoreReaps() bool {
	var before []observe.ProcessID
	for _, z := range s.See(match.Everything).Zombies() {
		before = append(before, z.ID)
	}
	one := s.Dial()
	s.SayOne(one)
	s.Reaches(match.Served(one))
	reaped := s.Reaches(match.Reaped(before...))
	s.c.Did("connected one more client: the zombies %s", map[bool]string{true: "went", false: "stayed"}[reaped])
	return reaped
}

// A Baseline is what a server keeps of clients that have left, though no fault was done
// to it. That is a failure of other requirements: a fault is judged by what it adds.
type Baseline struct {
	// Picture is of the sleeping server.
	Picture observe.Picture
	// came is how many clients left it behind; zombies are those that stay, and leaks
	// says that connections do.
	came, zombies int
	leaks         bool
}

// Reaps says whether the server reaps its children.
func (b Baseline) Reaps() bool { return b.zombies == 0 }

// share is how much of something that so many clients leave behind others do, too.
func (b Baseline) share(left, clients int) int {
	if left == 0 || b.came == 0 {
		return 0
	}
	return (left*clients + b.came - 1) / b.came
}
