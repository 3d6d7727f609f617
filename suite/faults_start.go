package suite

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets"
)

// manyTimes the processor time of an ordinary start is more than any start takes.
const manyTimes = 20

var _ = Require(Requirement{
	ID: "faults/closed-stdio", Level: report.Should, Asks: Answers, Long: true,
	BuildsOn: needsControl,
	Title:    "sends no log line to a client when it is started without descriptors 0 to 2",
	Rule:     "open, socket and accept return the lowest free number: without descriptors 0 to 2, a connection becomes standard output",
	Why:      "what the server prints then goes to a client, and what the client is owed is garbled",
	Source:   "open(2); accept(2); UNP 3rd ed. §13.4; execve(2)",
	Provoked: "the server is started with descriptors 0, 1 and 2 closed; three clients are served, one leaves, one more comes; all compare what they get",
	Hint:     "first thing in main: open /dev/null until open returns a descriptor above 2, then close that one",
}, func(c *Case) {
	steps := func(s *Server) {
		three := s.Serve(c.AtOnce(3))
		s.Leave(three[:1])
		s.ExpectServes(three[1:])
		s.Expect(match.Answered(s.See(match.Clients).Clients...))
	}
	// One that spins now does not come to listen: no verdict on it is a failure.
	used, _ := ordinaryStart(c, steps)
	c.BoundStart(max(time.Second, manyTimes*used))
	s := c.LaunchUnder(targets.Conditions{Closed: []int{0, 1, 2}}, func(silent match.Finding) {
		c.NotApplicable("it does not start without descriptors 0 to 2, so nothing can reach a client: %s", silent.Found)
	})
	if s.See(match.Processes).Gone {
		c.NotApplicable("it ends by itself without descriptors 0 to 2, before any client comes: %s", s.See(match.Everything).Ended)
	}
	steps(s)
})

var _ = Require(Requirement{
	ID: "faults/ignored-sigchld", Level: report.Should, Long: true,
	BuildsOn: needsControl,
	Title:    "works when it is started with SIGCHLD ignored",
	Rule:     "a program inherits ignored signals; while SIGCHLD is ignored children leave no status, and wait fails with ECHILD: set the disposition that you rely on",
	Why:      "service managers and parents that ignore SIGCHLD exist; waitpid, system and popen of the server then fail, or block until all children have ended",
	Source:   "execve(2), signal dispositions; wait(2), NOTES; sigaction(2), POSIX.1-2001",
	Provoked: "the server is started with SIGCHLD ignored; two clients are served, one leaves, a third comes",
	Hint:     "signal(SIGCHLD, SIG_DFL) first thing in main, or install the handler before anything is forked",
}, func(c *Case) {
	var does []string // of each server, what its parent does with SIGCHLD
	steps := func(s *Server) {
		two := s.Serve(c.AtOnce(2))
		s.Leave(two[:1])
		s.ExpectServes(two[1:])
		does = append(does, s.Parents().Disposition(unix.SIGCHLD))
	}
	_, reaps := ordinaryStart(c, steps)
	s := c.LaunchUnder(targets.Conditions{Ignored: []unix.Signal{unix.SIGCHLD}}, func(silent match.Finding) { c.Fail(silent) })
	steps(s)
	switch was, is := does[0], does[1]; {
	case is == was: // nothing is left of what it inherited: a zombie would be there as well without the fault
		c.Did("for its parent SIGCHLD is %s, as in the control", is)
	case reaps:
		s.ExpectReaped()
	}
})

// ordinaryStart is the control: the steps with a server that was started as
// always. It serves on after every child has ended, and is ended then: the next
// may want the same port. It returns how much processor time the start took, and
// whether the server reaps its children.
func ordinaryStart(c *Case, steps func(*Server)) (used time.Duration, reaps bool) {
	c.Control(PlainControl, func() {
		s := c.Launch()
		used = s.See(match.Clients).Idle.CPU()
		steps(s)
		reaps = s.AllLeave().Reaps()
		s.StillServes()
		s.End()
	})
	return used, reaps
}
