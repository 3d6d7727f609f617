package suite

import (
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

const (
	concurrent     = "a concurrent server serves each client without waiting for another"
	concurrentHint = "fork after every accept, serve in the child, and go straight back to accept in the parent; do not wait for the child there"
)

var _ = Require(Requirement{
	ID: "concurrency/second-client", Level: report.Must, Models: Concurrent,
	BuildsOn: []string{"launch/serves-again"},
	Title:    "serves a second client while the first is connected and idle",
	Rule:     concurrent,
	Why:      "an iterative server lets one idle client lock out all others",
	Source:   "UNP 3rd ed. §4.8, Concurrent servers",
	Provoked: "one client is served and stays; a second connects and speaks",
	Hint:     concurrentHint,
}, func(c *Case) {
	s := c.Launch()
	s.Serve(1)
	second := s.Connect(1)
	s.Say(second)
	s.Expect(match.Served(second...))
})

var _ = Require(Requirement{
	ID: "concurrency/reverse-order", Level: report.Must, Models: Concurrent, Asks: Answers,
	BuildsOn: []string{"concurrency/second-client"},
	Title:    "serves five connected clients that speak in the reverse order of connecting",
	Rule:     concurrent,
	Why:      "the backlog lets clients connect to a sequential server as well; only which clients are answered tells the difference",
	Source:   "UNP 3rd ed. §4.5, §4.8",
	Provoked: "five clients connect; the last speaks first, the first last, each after the answer to the one before",
	Hint:     concurrentHint,
}, func(c *Case) {
	s := c.Launch()
	five := s.Connect(c.UpTo(5))
	for i := len(five) - 1; i >= 0; i-- {
		s.SayOne(five[i])
		s.Expect(match.Served(five[i]))
	}
	c.Did("the fifth spoke first, the first last")
})

var _ = Require(Requirement{
	ID: "concurrency/many", Level: report.Must, Models: Concurrent,
	BuildsOn: []string{"concurrency/second-client"},
	Title:    "serves 20 clients at once and keeps their data apart",
	Rule:     "each connection is served by itself, with data of its own",
	Why:      "buffers and descriptors that are shared between clients show only when many speak at once",
	Source:   "UNP 3rd ed. §4.8",
	Provoked: "20 clients connect; all send 2 KiB of their own random data at the same moment",
	Hint:     "keep the buffer of a connection in its child (or thread), not in a global that others share",
}, func(c *Case) { speakTogether(c, c.UpTo(20)) })

var _ = Require(Requirement{
	ID: "concurrency/hundred", Level: report.Should, Models: Concurrent,
	BuildsOn: []string{"concurrency/many"},
	Title:    "serves 100 clients at once",
	Rule:     "how many clients are served at once is a matter of policy; a small fixed limit is a small denial of service",
	Why:      "well-known servers cap clients at 30 to 50 by default; below your real load such a cap looks like a hang",
	Source:   "UNP 3rd ed. §30.1",
	Provoked: "100 clients connect and are answered one by one; then all send 2 KiB at the same moment",
	Hint:     "raise the limit on children or workers, or refuse clients instead of letting them wait",
}, func(c *Case) {
	if n := c.UpTo(100); n < 100 {
		c.NotApplicable("its pool serves %d clients at once", n)
	}
	speakTogether(c, 100)
})

// speakTogether has n clients, all of them being served, send data of their
// own at the same moment.
func speakTogether(c *Case, n int) {
	s := c.Launch()
	all := make(Group, 0, n)
	for range n {
		one := s.Dial()
		s.Needs(match.Connected(one))
		all = append(all, one)
		s.EngageInTurn(one, func() { s.Expect(match.ServedOf(one, len(all), n)) })
	}
	if !s.Reaches(match.Served(all...)) { // the first of those that are not tells why
		for i, one := range all {
			s.Expect(match.ServedOf(one, i+1, n))
		}
	}
	c.Did("connected %d clients, each of them served", n)
	if one := all[0]; !one.Unheard {
		for _, one := range all {
			one.SayLong(2 << 10)
		}
		c.Did("all sent a request of their own, up to 2 KiB long, at the same moment")
	}
	s.Expect(match.Answered(all...))
	// The client that ends every spec would be one more than n, and a server
	// may have its limit there.
	if d := s.Leave(all); d.Busy {
		c.Dismiss() // it was seen to serve them; that it spins now is a matter of termination
		return
	}
	s.Rest()
}

var _ = Require(Requirement{
	ID: "concurrency/slow-reader", Level: report.Must, Models: Concurrent, Asks: Streams,
	BuildsOn: []string{"concurrency/second-client"},
	Title:    "serves others while one client sends and never reads",
	Rule:     concurrent,
	Why:      "a write that blocks on one client's full window must not keep any other client waiting",
	Source:   "UNP 3rd ed. §16.1; write(2)",
	Provoked: "one client sends without reading until both directions are full; a second connects and speaks",
	Hint:     "write only in the child or thread that serves the client, and hold no lock while you write; in a loop, make the sockets non-blocking and keep what does not go out",
}, func(c *Case) {
	s := c.Launch()
	slow := s.ConnectWithoutReading()
	stall(c, s, slow)
	second := s.Connect(1)
	s.Say(second)
	s.Expect(match.Served(second...))
})

var _ = Require(Requirement{
	ID: "concurrency/own-process", Level: report.Must, Models: Forked,
	BuildsOn: []string{"concurrency/second-client"},
	Title:    "serves each connection in a process of its own",
	Rule:     "the process-per-connection server forks once for every accepted connection",
	Why:      "a crash, a leak or a block of one client's process stays that client's",
	Source:   "UNP 3rd ed. §4.8; §30.5",
	Provoked: "three clients connect; which process holds which connection is read from /proc; where the server serves one after another, each leaves before the next is looked at",
	Hint:     "fork after accept; a server of another design is judged by --model auto",
}, func(c *Case) {
	s := c.Launch()
	three := s.Connect(3)
	m := match.OwnProcesses(three...)
	if s.Reaches(m) {
		return
	}
	for _, one := range three { // a server may wait for the first bytes
		s.Engage(one)
	}
	if s.Reaches(m) {
		return
	}
	c.MustLast(three)
	s.Needs(match.StillOpen(three...))
	c.Reconsider(func() {
		if wrong := s.Mismatch(m); wrong != nil {
			wrong.Found += c.Likeness()
			c.Fail(*wrong)
		}
	}, func(match.Finding) bool { return inTurn(s, three) })
})

// inTurn says whether each client gets a process of its own once those before it have
// left: a server that waits for each child has one per connection all the same.
func inTurn(s *Server, g Group) bool {
	var children []observe.ProcessID
	for _, one := range g {
		if !s.Reaches(match.NewChild(one, children...)) {
			return false
		}
		child, _ := s.See(match.Descriptors).Child(one)
		children = append(children, child)
		s.Leave(Group{one})
	}
	return true
}

var _ = Require(Requirement{
	ID: "concurrency/burst", Level: report.Should,
	BuildsOn: []string{"signals/stop-continue", "concurrency/in-turn"},
	Title:    "takes five connections that come while it is busy, without one being sent again",
	Rule:     "the backlog of listen holds the connections that are complete and not yet accepted",
	Why:      "when it is full the kernel drops the SYN, and the client tries again after 1 s, 3 s, 7 s",
	Source:   "listen(2); UNP 3rd ed. §4.5",
	Provoked: "while the server is stopped with SIGSTOP, five clients connect",
	Hint:     "listen(fd, SOMAXCONN)",
}, func(c *Case) {
	s := c.Launch()
	thaw := s.All().FreezeAll()
	five := make(Group, 5)
	for i := range five {
		five[i] = s.Dial()
	}
	c.Did("five clients began to connect")
	s.Expect(match.ConnectedAtOnce(five...))
	thaw()
	s.Rest() // it has accepted as many as it serves at once
	s.Say(five)
	c.Answers(s, five, s.Needs)
})

// stallBytes is more than all the buffers between a client and a server hold.
const stallBytes = 64 << 20

// stall has a client that does not read send until nothing goes out any more and the
// server sleeps, blocked in its reply. Full buffers alone do not prove that: the server may
// not have run yet. So it has to sleep once more, with nothing more sent meanwhile.
func stall(c *Case, s *Server, one *match.Client) {
	one.SayLong(stallBytes)
	for before := int64(-1); before != one.History().Sent; {
		before = one.History().Sent
		s.Rest()
		s.Prove(match.SentOrStalled(one))
	}
	c.Did("%s sent and did not read, until nothing went out any more", one.Name)
}
