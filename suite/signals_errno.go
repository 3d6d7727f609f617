package suite

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

var _ = Require(Requirement{
	ID: "signals/keeps-errno", Level: report.Should,
	BuildsOn: slices.Concat(needsControl, []string{"faults/accept-eintr"}),
	Title:    "keeps errno over its handler of SIGCHLD",
	Rule:     "a handler that may change errno saves it first and restores it last: it may run between a call and the test of errno",
	Why:      "waitpid leaves ECHILD behind; the server then takes an interruption that is no failure for one, and ends, once in a thousand runs",
	Source:   "signal-safety(7); signal(7); sigaction(2); POSIX.1-2017 §2.4.3; UNP 3rd ed. §5.9",
	Provoked: "the call in which the parent waits for clients fails with EINTR, injected with ptrace, and its thread is held where the C library has returned into the program; every child ends; the thread goes on, and SIGCHLD is delivered before it can test errno",
	Hint:     "int saved = errno; first in the handler, errno = saved; last",
}, func(c *Case) {
	s := c.Launch()
	c.Control("in the control, where SIGCHLD comes when the parent waits again", func() {
		handlerRuns(c, s, false)
		s.AllLeave()
	})
	handlerRuns(c, s, true)
	c.Dismiss() // what the parent does after it has been seen to serve
})

// handlerRuns has a call of the parent fail and a child end: before the parent goes on
// after the call, or afterwards.
func handlerRuns(c *Case, s *Server, before bool) {
	one := s.Serve(1)
	s.Parents().Catches(unix.SIGCHLD)
	s.Children(one) // there is one, or the spec ends
	held := s.Parents().FailsHeld(unix.EINTR)
	next := s.Dial()
	s.SayOne(next)
	held.Hit(next)
	held.Tell()
	leaving, staying := one, Group{next}
	if match.Accepted(next).Holds(s.See(match.Everything)) { // one that polls has its client by now
		s.Needs(match.Served(next))
		leaving, staying = Group{one[0], next}, nil
	}
	if !before {
		held.Release()
		held.Over()
	}
	children := s.Children(leaving)
	s.Close(leaving)
	s.ChildrenEnd(children)
	if before {
		if !match.NewProcessesEnded(nil).Holds(s.See(match.Everything)) {
			c.NotApplicable("other children of the parent run on, so waitpid does not end with ECHILD")
		}
		held.ReleaseInto(unix.SIGCHLD)
	}
	s.ExpectServes(staying)
}
