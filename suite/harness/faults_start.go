package harness

import (
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets"
)

var _ = Require(Requirement{
	ID: "faults/closed-stdio", Level: report.Should, Protocol: Echo,
	Title:    "sends no log line to a client when it is started without descriptors 0 to 2",
	Rule:     "open, socket and accept return the lowest free number: without descriptors 0 to 2, a connection becomes standard output",
	Why:      "what the server prints then goes to a client, and what the client is owed is garbled",
	Source:   "open(2); accept(2); UNP 3rd ed. §13.4; execve(2)",
	Provoked: "the server is started with descriptors 0, 1 and 2 closed; three clients are served, one leaves, one more comes; all compare what they get",
	Hint:     "first thing in main: open /dev/null until it is given a descriptor above 2, then close that one",
}, func(c *Case) {
	steps := func(s *Server) {
		three := s.Serve(3)
		s.leaveAndSettle(three[:1])
		s.ExpectServes(three[1:])
		s.Expect(match.Answered(s.clients...))
	}
	c.ordinaryStart(steps)
	s := c.launchUnder(targets.Conditions{Closed: []int{0, 1, 2}}, func(silent stop) {
		c.NotApplicable("it does not start without descriptors 0 to 2, so nothing can reach a client: %s", silent.finding.Found)
	})
	if s.target.Host().Empty() {
		c.NotApplicable("it ends by itself without descriptors 0 to 2, before any client comes: %s", s.snapshot().Ended)
	}
	steps(s)
})

var _ = Require(Requirement{
	ID: "faults/ignored-sigchld", Level: report.Should,
	Title:    "works when it is started with SIGCHLD ignored",
	Rule:     "a program inherits ignored signals; while SIGCHLD is ignored children leave no status, and wait fails with ECHILD: set the disposition that you rely on",
	Why:      "service managers and parents that ignore SIGCHLD exist; waitpid, system and popen of the server then fail, or block until all children have ended",
	Source:   "execve(2), signal dispositions; wait(2), NOTES; sigaction(2), POSIX.1-2001",
	Provoked: "the server is started with SIGCHLD ignored; two clients are served, one leaves, a third comes",
	Hint:     "signal(SIGCHLD, SIG_DFL) first thing in main, or install the handler before anything is forked",
}, func(c *Case) {
	steps := func(s *Server) {
		two := s.Serve(2)
		s.leaveAndSettle(two[:1])
		s.ExpectServes(two[1:])
		s.ExpectReaped()
	}
	c.ordinaryStart(steps)
	s := c.launchUnder(targets.Conditions{Ignored: []unix.Signal{unix.SIGCHLD}}, func(silent stop) {
		silent.collateral = false
		panic(silent)
	})
	steps(s)
})

// ordinaryStart is the control: the steps with a server that was started as
// always. It serves on after every child has ended, and is ended then: the next
// may want the same port.
func (c *Case) ordinaryStart(steps func(*Server)) {
	c.control(plainControl, func() {
		s := c.Launch()
		steps(s)
		s.allLeave()
		s.StillServes()
		s.End()
	})
}

// launchUnder starts a fresh server that inherits something unusual. When it
// does not come to listen, silent is told why, and ends the spec.
func (c *Case) launchUnder(conditions targets.Conditions, silent func(stop)) *Server {
	c.config.Command.Conditions = conditions
	defer func() {
		recovered := recover()
		if ended, ok := recovered.(stop); ok && ended.verdict == report.Fail {
			silent(ended)
		}
		if recovered != nil {
			panic(recovered)
		}
	}()
	return c.Launch()
}
