package suite

import (
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

const (
	growthClients = 200
	// growthEnough is half as many as show a leak that not every connection brings
	// about, in a server that takes its time with each.
	growthEnough = 40
	// spareDescriptors is how many more a server may open under the low limit
	// than it held: a child may need a few for its own work (a log, a pipe pair).
	spareDescriptors = 16
	lowLimitClients  = 60
	// lowLimitEnough is twice as many as use up what is to spare, if each leaves one open.
	lowLimitEnough = 2 * spareDescriptors
)

var _ = Require(Requirement{
	ID: "descriptors/parent-closes-connection", Level: report.Must, Models: Forked,
	BuildsOn: []string{"concurrency/second-client"},
	Title:    "closes the connected socket in the parent",
	Rule:     "after fork both processes hold the connected socket; the parent closes its copy at once",
	Why:      "the connection ends only when the last copy is closed: clients wait for an end that never comes, and the parent runs out of descriptors",
	Source:   "UNP 3rd ed. §4.8, figure 4.13; close(2)",
	Provoked: "three clients are served and stay; which process holds which connection is read from /proc/PID/fd",
	Hint:     "close(connfd) in the parent, right after fork",
}, func(c *Case) {
	s := c.Launch()
	s.Children(s.Serve(c.AtOnce(3)))
	s.Expect(match.ParentHoldsNoConnection())
})

var _ = Require(Requirement{
	ID: "descriptors/child-closes-listener", Level: report.Must, Models: Forked,
	BuildsOn: []string{"concurrency/second-client"},
	Title:    "closes the listening socket in the child",
	Rule:     "after fork both processes hold the listening socket; the child, which never accepts, closes its copy",
	Why:      "while one child keeps it, the port stays taken after the parent has ended, and a restart fails",
	Source:   "UNP 3rd ed. §4.8, figure 4.13",
	Provoked: "three clients are served and stay; which process holds the listening socket is read from /proc/PID/fd; then the parent is killed, so that nothing but a hidden copy keeps the socket open",
	Hint:     "close(listenfd) first thing in the child",
}, func(c *Case) {
	s := c.Launch()
	s.Children(s.Serve(c.AtOnce(3)))
	s.Expect(match.ChildrenHoldNoListener())
	s.Parents().KillForGood()
	s.Rest() // a listening socket that no process is seen to hold would show now
})

var _ = Require(Requirement{
	ID: "descriptors/no-siblings", Level: report.Must, Models: Forked,
	BuildsOn: []string{"descriptors/parent-closes-connection", "concurrency/many"},
	Title:    "lets no child inherit the connection of another client",
	Rule:     "a child inherits every descriptor that its parent has open at the fork",
	Why:      "a connection that a sibling holds does not end when its own child does",
	Source:   "fork(2); UNP 3rd ed. §4.8",
	Provoked: "five clients connect one after another and stay; which process holds which connection is read from /proc/PID/fd",
	Hint:     "close the connected socket in the parent before the next accept",
}, func(c *Case) {
	s := c.Launch()
	s.Children(s.Serve(5))
	s.Expect(match.NoSiblings())
})

var _ = Require(Requirement{
	ID: "descriptors/no-growth", Level: report.Must, Long: true,
	BuildsOn: []string{"descriptors/no-close-wait"},
	Title:    "holds after 200 connections what it held before",
	Rule:     "what is opened for a connection is closed with it",
	Why:      "a descriptor lost per connection ends every server in time, with EMFILE",
	Source:   "close(2); getrlimit(2), RLIMIT_NOFILE; UNP 3rd ed. §4.9",
	Provoked: "after a warm-up of 20, 200 clients come, are served and leave, 20 at a time; open descriptors are compared by kind after the first 100 and at the end; 40 or more twice where the server takes its time with them",
	Hint:     "close in the parent, on every path, whatever was opened for the connection",
}, func(c *Case) {
	s := c.Launch()
	s.ComeAndGo(AtATime, AtATime)
	before := s.Rest()
	came := s.ComeAndGo(growthClients/2, growthEnough)
	half := s.Rest()
	s.ComeAndGo(came, came)
	s.Expect(match.NoGrowth(before, half, came))
})

var _ = Require(Requirement{
	ID: "descriptors/low-limit", Level: report.Must,
	BuildsOn: []string{"descriptors/no-close-wait"},
	Title:    "serves 60 clients one after another with few descriptors to spare",
	Rule:     "the number of descriptors a server needs depends on how many clients are connected, not on how many there have been",
	Why:      "with the usual limit of 1024 a leak takes hours to show; with a low limit it shows at once",
	Source:   "getrlimit(2), RLIMIT_NOFILE; prlimit(2); UNP 3rd ed. §4.8",
	Provoked: "RLIMIT_NOFILE of the running server is set to 16 above its highest open descriptor; 60 clients come, are served and leave, one after another; 32 or more where the server takes its time with each; one that refuses clients for a while and comes back by itself has a limit of its own, which is advice",
	Hint:     "close(connfd) in the parent, and everything else that was opened for the connection",
}, func(c *Case) {
	s := c.Launch()
	s.ComeAndGo(1, 1)
	s.ComeAndGo(1, 1)
	s.All().LimitDescriptors(spareDescriptors)
	came := c.InTurn(lowLimitClients, lowLimitEnough, func(i int) {
		one := Group{s.Dial()}
		c.ExpectService(s, match.Connected(one...), one[0])
		s.SayOne(one[0])
		c.ExpectService(s, match.ServedOf(one[0], i+1, lowLimitClients), one[0])
		if d := s.Part(one); d.Busy {
			c.FallShort(*d.Wrong)
		}
	})
	if came < lowLimitEnough {
		c.NotApplicable("the server ends its connections so late that only %d clients came in turn", came)
	}
})

var _ = Require(Requirement{
	ID: "descriptors/no-close-wait", Level: report.Must, Connection: true,
	BuildsOn: []string{"descriptors/parent-closes-connection", "concurrency/many"},
	Title:    "leaves no connection in CLOSE_WAIT after its clients left",
	Rule:     "the end that receives a FIN closes its own side too",
	Why:      "a socket in CLOSE_WAIT stays until the process that holds it ends; no time-out removes it",
	Source:   "RFC 9293 §3.6, figure 5; UNP 3rd ed. §2.6",
	Provoked: "20 clients are served; one leaves, then the others together; the states of the server's sockets are read from the kernel",
	Hint:     "when read returns 0, close the connected socket; in the parent, close it right after fork",
}, func(c *Case) {
	s := c.Launch()
	all := s.Serve(c.AtOnce(AtATime))
	// One that spins since its client left shows all that twenty would.
	s.Close(all[:1])
	s.ExpectEventually(match.NoConnectionLeft())
	s.Close(all[1:])
	s.ExpectEventually(match.NoConnectionLeft())
})
