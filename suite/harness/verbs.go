package harness

import (
	"fmt"
	"slices"
	"time"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets"
)

// stallBytes is more than all the buffers between a client and a server hold.
const stallBytes = 64 << 20

// say has one client send a line that nobody else sends.
func (s *Server) say(c *match.Client) {
	c.Spoke()
	c.Send(clients.Text(fmt.Sprintf("%s says hello to %v\n", c.Name, s.Address())))
}

// Say has every client of the group send a line of its own.
func (s *Server) Say(g Group) {
	for _, c := range g {
		s.say(c)
	}
	s.c.Did("%s sent a line", g.names())
}

// Close has the clients close their connections, all at the same moment.
func (s *Server) Close(g Group) {
	g.atOnce(func(c *match.Client) { c.Close() })
	s.c.Did("%s closed", g.names())
}

// HalfClose has the clients send their FIN and go on reading.
func (s *Server) HalfClose(g Group) {
	g.atOnce(func(c *match.Client) { c.HalfClose() })
	s.c.Did("%s sent a FIN (shutdown, SHUT_WR)", g.names())
}

// Reset has the clients reset their connections.
func (s *Server) Reset(g Group) {
	g.atOnce(func(c *match.Client) { c.Reset() })
	s.c.Did("%s reset the connection", g.names())
}

// comeAndGo has n clients come, be served and leave, and sees their
// connections gone.
func (s *Server) comeAndGo(n int) {
	for left := n; left > 0; left -= atATime {
		some := make(Group, 0, atATime)
		for range min(left, atATime) {
			// One after another: a short backlog is no fault here.
			one := s.connectOne()
			s.say(one)
			s.need(match.Served(one))
			some = append(some, one)
		}
		s.leaveAndSettle(some)
	}
	s.rest()
	s.c.Did("%s came, were served and left, at most %d at a time", count(n, "client"), atATime)
}

// inTurn does the same n times, once for each client in turn, or for as long
// as Limits.Turns allows. It returns how often it was done.
func (s *Server) inTurn(n int, turn func(i int)) int {
	begin := time.Now()
	for i := range n {
		if time.Since(begin) > s.c.config.Limits.Turns {
			s.c.Did("stopped after %d of %d clients: the server takes its time with each", i, n)
			return i
		}
		turn(i)
	}
	s.c.Did("%d clients came and left, one after another", n)
	return n
}

// leaveAndSettle has clients close, waits until the server has closed its side
// too or never will, and forgets the clients.
func (s *Server) leaveAndSettle(g Group) {
	gone := s.childrenGone(g)
	g.atOnce(func(c *match.Client) { c.Close() })
	snapshot, why := s.awaitCaused(match.All(match.NoConnectionLeft(), gone))
	if why != seen {
		s.stayed = processIDs(snapshot.Picture.Live())
	}
	s.clients = slices.DeleteFunc(s.clients, func(c *match.Client) bool { return slices.Contains(g, c) })
}

// childrenGone matches once the processes that serve the clients have ended.
// Which those are has to be looked for only when there are, or were, other clients.
func (s *Server) childrenGone(g Group) match.Matcher {
	if len(s.clients) == len(g) {
		return match.NewProcessesEnded(s.stayed)
	}
	children := s.see(match.Descriptors).Children()
	var ids []observe.ProcessID
	for _, c := range g {
		if id, own := children[c]; own {
			ids = append(ids, id)
		}
	}
	return match.Dead(ids...)
}

// End ends the whole tree.
func (s *Server) End() {
	s.ended = true
	if err := s.target.Stop(s.c.ctx); err != nil {
		s.c.CannotJudge("the server could not be ended: %v", err)
	}
	s.c.Did("ended every process of the server (SIGKILL)")
}

// relaunch starts the command again on the same host, where it is expected on
// the given port.
func (c *Case) relaunch(port uint16) (*targets.Server, error) {
	again, err := c.host.StartAt(c.ctx, c.config.Command, port)
	c.Did("started it again on the same network")
	return again, err
}

// takesSamePort says whether the server listens on the same port when it is
// started on a network that nobody used before.
func (c *Case) takesSamePort(first *Server) bool {
	if c.config.Command.TakesPort() {
		return true
	}
	host, err := takeHost(c.ctx, c.config)
	if err != nil {
		c.CannotJudge("no place to run the server: %v", err)
	}
	defer closeHost(host)
	again, err := host.Start(c.ctx, c.config.Command)
	if err != nil {
		c.CannotJudge("the server could be started once, but not a second time: %v", err)
	}
	return again.Listening.Port() == first.Address().Port()
}

// ExpectServes holds the server to serving the clients it has and a new one,
// once it has come to rest after what was done to it: a new client that comes
// before a signal is taken would keep poll(2) from being interrupted by it.
func (s *Server) ExpectServes(connected Group) {
	s.rest()
	fresh := s.dial()
	s.Expect(match.Connected(fresh))
	all := append(slices.Clone(connected), fresh)
	for _, c := range all {
		s.say(c)
	}
	s.c.Did("%s spoke, the last of them newly connected", all.names())
	s.Expect(match.Served(all...))
}

// ExpectNever holds the server to m not coming true; expected says what does instead.
func (s *Server) ExpectNever(m match.Matcher, expected string) {
	if _, why := s.await(m, whenFinal); why != seen {
		return
	}
	f := m.Explain(s.snapshot())
	f.Expected = expected
	s.c.Fail(f)
}
