package suite

import (
	"slices"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

const emfileProvoked = "a client is served and stays; " + emfileSet

const emfileSet = "RLIMIT_NOFILE of the processes that listen is set to their lowest free descriptor (prlimit); "

var _ = Require(Requirement{
	ID: "faults/no-fork-storm", Level: report.Must,
	BuildsOn: []string{"concurrency/second-client"},
	Title:    "does not fork without end when accept fails",
	Rule:     "accept returns -1 when it fails, and there is no client to fork for",
	Why:      "the loop forks a child for no client, again and again, until the machine can make no process any more",
	Source:   "accept(2), RETURN VALUE, EMFILE; UNP 3rd ed. §5.9",
	Provoked: "two clients are served and stay; " + emfileSet + "a third connects and cannot be accepted; the processes that are forked while it waits are counted",
	Hint:     "if (connfd < 0) continue; before fork, and pause or end on errors that last",
}, func(c *Case) {
	s := c.Launch()
	c.Beside(s, 2) // a parent that waits for the child of the first does not come to call accept
	s.Rest()
	s.Acceptors().Apply(NoDescriptors)
	hit := s.Dial()
	s.SayOne(hit)
	s.ExpectNever(match.ForkStorm(hit), "no process is forked for a client that accept does not return")
	cannotBeAccepted(c, s, hit)
	c.Dismiss() // how it goes on is a matter of faults/accept-emfile
})

var _ = Require(Requirement{
	ID: "faults/accept-emfile", Level: report.Should, Long: true,
	BuildsOn: slices.Concat(needsControl, []string{"faults/no-fork-storm"}),
	Title:    "survives running out of descriptors, and serves when they come back",
	Rule:     "accept fails with EMFILE at the limit on open descriptors, which passes as soon as a client leaves",
	Why:      "the most frequent way for a busy server to end",
	Source:   "accept(2), EMFILE; getrlimit(2), RLIMIT_NOFILE",
	Provoked: emfileProvoked + "a second connects and cannot be accepted; the limit is put back, the first leaves, a third connects",
	Hint:     "log it, pause for a moment and call accept again; or keep a spare descriptor to accept and drop the client with",
}, func(c *Case) {
	c.NeedsMet("faults/no-fork-storm")
	s := c.Launch()
	outOfDescriptors(c, s, func() {})
})

var _ = Require(Requirement{
	ID: "faults/accept-emfile-idle", Level: report.Should, Long: true,
	BuildsOn: []string{"faults/accept-emfile"},
	Title:    "uses no processor time while it is out of descriptors",
	Rule:     "a client that cannot be accepted stays queued, and its socket stays readable: accept and poll return at once, again and again",
	Why:      "the server then takes a whole processor from the children, which would free descriptors by serving their clients to the end",
	Source:   "accept(2), EMFILE; libev(3), \"The special problem of accept()ing when you can't\"",
	Provoked: emfileProvoked + "a second connects and cannot be accepted; processor time is read while it waits",
	Hint:     "after EMFILE pause (poll(NULL, 0, 50)), or stop watching the listening socket for a while",
}, func(c *Case) {
	c.NeedsMet("faults/no-fork-storm")
	s := c.Launch()
	outOfDescriptors(c, s, func() {
		s.ExpectCalm("while it had no descriptor for a client", "faults/accept-emfile")
	})
})

// outOfDescriptors has a client come when there is no descriptor for it.
// Meanwhile is what is looked at before descriptors come back.
func outOfDescriptors(c *Case, s *Server, meanwhile func()) {
	steps := func(exhaust func(faults.Process) faults.Fault, prove func(*match.Client)) {
		first := c.Beside(s, 1)
		s.Rest()
		giveBack := s.Acceptors().Apply(exhaust)
		hit := s.Dial()
		s.SayOne(hit)
		prove(hit)
		giveBack()
		s.Close(first)
		expectRecovers(c, s, hit)
	}
	before := c.Before(s, PlainControl, func() {
		noop := func(faults.Process) faults.Fault { return faults.Noop }
		steps(noop, func(hit *match.Client) { s.Expect(match.Served(hit)) })
	})
	steps(NoDescriptors, func(hit *match.Client) { cannotBeAccepted(c, s, hit); meanwhile() })
	s.ExpectNothingLeft(before)
}

// expectRecovers holds the server to serving now that descriptors are back. One
// that turns clients away with a spare descriptor may be about to do so when
// they come back, and drop one client more.
func expectRecovers(c *Case, s *Server, hit *match.Client) {
	s.Rest()
	c.MakeWay(s, Group{hit})
	fresh := s.Dial()
	c.ExpectService(s, match.Connected(fresh), fresh)
	s.SayOne(fresh)
	c.ExpectService(s, match.All(match.ServedOrDropped(fresh), match.ServedOrDropped(hit)), fresh)
	if !s.See(match.Everything).Served(fresh) {
		c.Did("%s was dropped", fresh.Name)
		s.ExpectServes(nil)
		return
	}
	noteServed(c, s, fresh, hit)
}

// cannotBeAccepted proves that the lack of descriptors hit: the server had its
// turn, and the client waits still or was dropped.
func cannotBeAccepted(c *Case, s *Server, hit *match.Client) {
	if s.Settles(match.Served(hit)) || !match.NotTaken(hit).Holds(s.See(match.Everything)) {
		c.NotApplicable("%s was accepted all the same: the server has descriptors in reserve, or another process accepts", hit.Name)
	}
	c.Did("set RLIMIT_NOFILE of each process that listens to its lowest free descriptor: %s was not accepted", hit.Name)
}
