package harness

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// A Server is the server under test, with the verbs of the specs.
type Server struct {
	c    *Case
	view *view
	wait *waiter
	// dialled counts the clients so far.
	dialled int
	// seenLeaving says that it is known how the server takes the leaving of a client.
	seenLeaving bool
	// stayed are processes that came with clients and did not end with them.
	stayed []observe.ProcessID
	// slow says that it took its time to serve a client.
	slow bool
}

// See returns a snapshot of the server and its clients that shows as much as is
// asked for.
func (s *Server) See(sight match.Sight) match.Snapshot { return s.view.see(sight) }

// Rest waits until the whole tree sleeps, and returns its picture then.
func (s *Server) Rest() observe.Picture {
	snapshot, why := s.wait.awaitWithin(s.wait.learnt.sleepLimits(s.wait.limits), match.Never("the server sleeps"), whenAsleep)
	switch why {
	case final, asleep, allGone:
	default:
		s.wait.learnt.neverSleeps.Store(true)
	}
	s.view.mustHoldAll(snapshot)
	return snapshot.Picture
}

// LetPass lets time pass by the clock. It is no evidence of anything.
func (s *Server) LetPass(d time.Duration) { poll.Pause(s.c.ctx, d) }

// Dial begins to connect one client and does not wait for it.
func (s *Server) Dial(opts ...clients.Option) *match.Client {
	return s.DialIn(s.c.config.speaks(), opts...)
}

// DialIn is Dial for a client that speaks another protocol than the others.
func (s *Server) DialIn(speaks protocol.Protocol, opts ...clients.Option) *match.Client {
	talk := speaks.Begin(s.c.config.Seed, s.dialled+1)
	c := s.dial(talk, opts...)
	m := speaks.Manner()
	c.Unheard, c.Owed, c.Exchanges, c.Bounded, c.Framed = !m.Answers, m.Owes, m.Exchanges, m.Bounded, m.Framed
	if finite, is := talk.(protocol.Finite); is {
		if n, serverEnds := finite.Exchanges(); n > 0 {
			c.Exchanges, c.Stays = n, !serverEnds
		}
	}
	return c
}

// DialAs begins to connect a client that has a conversation of its own.
func (s *Server) DialAs(talk protocol.Conversation) *match.Client {
	c := s.dial(talk)
	c.Bounded = true
	return c
}

// dial is Dial for a client that has a conversation of its own.
func (s *Server) dial(talk protocol.Conversation, opts ...clients.Option) *match.Client {
	s.dialled++
	name := fmt.Sprintf("client %d", s.dialled)
	var connected atomic.Pointer[match.Client]
	if s.c.config.Tracing != nil {
		s.c.config.Tracing.Came(name, func() netip.AddrPort { return connected.Load().Address() })
	}
	c := &match.Client{
		Client: clients.Connect(s.c.ctx, s.view.target, append(opts, clients.Speak(talk), clients.Notify(&s.wait.changes))...),
		Name:   name,
	}
	connected.Store(c)
	s.view.clients = append(s.view.clients, c)
	s.c.Cleanup(c.Reset)
	return c
}

// Connect connects n clients one after another; none speaks.
func (s *Server) Connect(n int) Group {
	g := make(Group, 0, n)
	for range n {
		g = append(g, s.connect())
	}
	s.c.Did("connected %s", g.Names())
	return g
}

// connect connects a client, without a note for the report.
func (s *Server) connect() *match.Client {
	c := s.Dial()
	s.Needs(match.Connected(c))
	return c
}

// ConnectWithoutReading connects a client that does not read.
func (s *Server) ConnectWithoutReading() *match.Client {
	c := s.Dial(clients.NeverRead())
	c.NotReading = true
	s.Needs(match.Connected(c))
	return c
}

// Serve connects n clients one after another, as ServeOne does; all stay
// connected. The server sleeps then: its parent is back in accept.
func (s *Server) Serve(n int) Group {
	g := make(Group, 0, n)
	for len(g) < n {
		if s.slow || len(g) > 0 && g[0].Waits() {
			g = append(g, s.serveTogether(n-len(g))...)
		} else {
			g = append(g, s.ServeOne())
		}
	}
	s.Rest()
	how := s.say("answered twice", "accepted and sent nothing; a process holds its connection")
	if n > 0 && g[0].Waits() && !g[0].Unheard {
		how = "accepted; a process holds its connection and waits for its request"
	}
	if n == 1 {
		s.c.Did("connected %s: it was %s", g.Names(), how)
	} else {
		s.c.Did("connected %s one after another: each was %s", g.Names(), how)
	}
	return g
}

// slowAnswer is how long a server takes for one client until the next one comes before
// that one is answered: as soon as a process has accepted it.
const slowAnswer = 700 * time.Millisecond

// TakeTurn has a client speak and waits until it is served, as the caller says how. Where
// only a look at every process shows that, or the server has taken its time with another
// client, it waits only until a process has accepted this one, and the caller asks later
// whether it was served.
func (s *Server) TakeTurn(c *match.Client, served func()) {
	s.SayOne(c)
	s.inTurn(c, served)
}

// EngageInTurn is TakeTurn for a client that keeps its connection.
func (s *Server) EngageInTurn(c *match.Client, served func()) {
	s.Engage(c)
	s.inTurn(c, served)
}

func (s *Server) inTurn(c *match.Client, served func()) {
	if c.Waits() && s.Reaches(match.Dequeued(c)) || s.slow && !c.Unheard && s.Reaches(match.Accepted(c)) {
		return
	}
	s.wait.learnt.took(toAnswer, s.timed(served))
}

// timed waits until a client is served, as the caller says how, and returns how long the
// server took. It notes whether the server takes its time.
func (s *Server) timed(served func()) time.Duration {
	clock := s.c.clock()
	served()
	taken := clock()
	s.slow = s.slow || taken > slowAnswer
	return taken
}

// serveTogether does for n clients what ServeOne does for one, each as soon as the one
// before it is accepted.
func (s *Server) serveTogether(n int) Group {
	g := make(Group, 0, n)
	for range n {
		c := s.connect()
		g = append(g, c)
		s.EngageInTurn(c, func() { s.Needs(match.Served(c)) })
	}
	s.Needs(match.Served(g...))
	if g[0].Waits() {
		s.c.MustLast(g)
		return g
	}
	for _, c := range g {
		s.SayOne(c)
	}
	s.Needs(match.Served(g...))
	return g
}

// ServeOne connects a client that speaks and is answered twice: this shows that
// its connection lasts. In a protocol without answers or in which the server ends the
// connection, and where it ends it after one answer, a process holds it.
func (s *Server) ServeOne() *match.Client {
	c := s.connect()
	if c.Unheard || c.Exchanges > 0 {
		c.Hold()
		s.Needs(match.Served(c))
		s.c.MustLast(Group{c})
		return c
	}
	if s.c.brief {
		s.needsHeld(c)
		return c
	}
	for range 2 {
		answered := c.History().Heard > 0
		s.SayOne(c)
		taken := s.timed(func() {
			if !answered {
				s.needsService(c)
			} else if wrong := s.Mismatch(match.Served(c)); wrong != nil {
				s.c.once = true
				s.c.FallShort(*wrong)
			}
		})
		if !answered {
			s.wait.learnt.took(toAnswer, taken)
		}
	}
	return c
}

// needsHeld asks that a process holds the connection of a client and waits for the one
// thing that it will say.
func (s *Server) needsHeld(c *match.Client) {
	c.Unheard = true
	s.Needs(match.Served(c))
	c.Unheard = false
}

// Say has every client of the group send its next request.
func (s *Server) Say(g Group) {
	if len(g) == 0 {
		return
	}
	for _, c := range g {
		s.SayOne(c)
	}
	s.c.Did("%s %s", g.Names(), s.say("sent a line", "sent nothing and stayed"))
}

// SayOne has a client send its next request, without a note for the report.
func (s *Server) SayOne(c *match.Client) {
	s.c.mayStillSpeak(c)
	if !c.IsOver() {
		s.c.tell("speaks", c)
		c.Spoke()
		c.Say()
	}
}

// Engage has a client do what shows that it is served, and keeps its connection: it
// speaks or, where the server would end the connection then, waits before it does.
func (s *Server) Engage(c *match.Client) {
	if c.Exchanges > 0 {
		c.Hold()
		return
	}
	s.SayOne(c)
}

// Children returns the processes that serve the clients, one each. A server
// that serves them in processes that were there before has none.
func (s *Server) Children(g Group) []observe.ProcessID {
	own := s.See(match.Descriptors).Children()
	children := make([]observe.ProcessID, 0, len(g))
	for _, c := range g {
		child, found := own[c]
		if !found {
			s.c.NotApplicable("no process of its own serves %s (%v): the server makes no child process for a connection",
				c.Name, c.Address())
		}
		children = append(children, child)
	}
	return children
}

// End ends the whole tree.
func (s *Server) End() {
	s.view.ended = true
	if err := s.view.target.Stop(s.c.ctx); err != nil {
		s.c.CannotJudge("the server could not be ended: %v", err)
	}
	s.c.Did("ended every process of the server (SIGKILL)")
}
