package suite

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

var _ = Require(Requirement{
	ID: "signals/survives-sigchld", Level: report.Must,
	BuildsOn: []string{"termination/idle-is-idle"},
	Title:    "is alive and serving after a child ended during a blocked accept",
	Rule:     "a signal that is caught during a slow system call may interrupt it: EINTR is not an error, and a handler leaves errno as it found it",
	Why:      "a server that takes EINTR for a failure ends with its first client",
	Source:   "UNP 3rd ed. §5.9; signal(7), Interruption of system calls; sigaction(2), SA_RESTART",
	Provoked: "one client is served while the parent sleeps; the client leaves and its child ends; another client connects",
	Hint:     "if (errno == EINTR) continue; after accept; save and restore errno in the handler; SA_RESTART helps, but not for every call",
}, func(c *Case) {
	s := c.Launch()
	one := s.Serve(1)
	children := s.Children(one)
	s.Needs(match.ParentSleeps())
	s.Close(one)
	s.ChildrenEnd(children)
	s.ExpectServes(nil)
})

var _ = Require(Requirement{
	ID: "signals/spurious-sigchld", Level: report.Should,
	BuildsOn: []string{"concurrency/second-client"},
	Title:    "is not held up by a SIGCHLD with no dead child",
	Rule:     "a signal is a hint, not a count: the handler asks whether a child has ended, without waiting for one",
	Why:      "SIGCHLD also comes for children that stop or continue, or from kill(1); wait() then blocks while a child runs",
	Source:   "waitpid(2), WNOHANG; sigaction(2), SA_NOCLDSTOP",
	Provoked: "two clients are served and stay; the parent is sent SIGCHLD; another client connects",
	Hint:     "waitpid(-1, NULL, WNOHANG) in the handler, in a loop while it returns more than 0",
}, func(c *Case) {
	s := c.Launch()
	two := s.Serve(c.AtOnce(2))
	s.Parents().Signal(unix.SIGCHLD)
	s.ExpectServes(two)
})

var _ = Require(Requirement{
	ID: "signals/stop-continue", Level: report.Must,
	BuildsOn: []string{"concurrency/second-client"},
	Title:    "serves on after it was stopped and continued with clients connected",
	Rule:     "stopping and continuing a program (Ctrl-Z, fg) changes nothing for it; some calls return EINTR all the same",
	Why:      "children that stop and continue raise SIGCHLD, and a blocking wait() hangs; epoll_wait and others return EINTR even with no handler",
	Source:   "signal(7), Interruption of system calls and library functions by stop signals; sigaction(2), SA_NOCLDSTOP",
	Provoked: "two clients are served and stay; every process of the server is stopped with SIGSTOP and goes on with SIGCONT; they and a new one speak",
	Hint:     "waitpid with WNOHANG in the handler; treat EINTR as \"try again\" everywhere",
}, func(c *Case) {
	s := c.Launch()
	two := s.Serve(c.AtOnce(2))
	s.All().FreezeAll()()
	s.ExpectServes(two)
})

var _ = Require(Requirement{
	ID: "signals/broken-pipe", Level: report.Must, Asks: Streams,
	BuildsOn: []string{"concurrency/second-client"},
	Title:    "keeps serving others when a client resets in the middle of a reply",
	Rule:     "writing to a connection that was reset raises SIGPIPE or fails with EPIPE; it is the end of that connection only",
	Why:      "in a server of one process the default action of SIGPIPE ends the service for all",
	Source:   "UNP 3rd ed. §5.13; write(2), EPIPE; signal(7)",
	Provoked: "two clients are served; the first sends without reading until the server is blocked in its reply, and resets",
	Hint:     "ignore SIGPIPE, and when write fails end that connection only",
}, func(c *Case) {
	s := c.Launch()
	one := c.Beside(s, 1)
	rude := s.ConnectWithoutReading()
	s.Needs(match.Accepted(rude))
	stall(c, s, rude)
	s.Reset(Group{rude})
	s.Prove(match.Disconnected(rude))
	s.Rest()
	s.ExpectServes(one)
})

var _ = Require(Requirement{
	ID: "signals/storm", Level: report.Should, Long: true,
	BuildsOn: []string{"signals/spurious-sigchld"},
	Title:    "takes no harm from 1,000 SIGCHLD",
	Rule:     "a signal may come at any moment and any number of times",
	Why:      "limits on retries and handlers that call functions which are not safe there break under load only",
	Source:   "signal-safety(7); signal(7)",
	Provoked: "two clients are served and stay; the parent is sent SIGCHLD 1,000 times, each taken before the next",
	Hint:     "retry for as long as errno is EINTR, and call only async-signal-safe functions in a handler",
}, func(c *Case) {
	s := c.Launch()
	two := s.Serve(c.AtOnce(2))
	s.Parents().Storm(unix.SIGCHLD, 1000)
	s.ExpectServes(two)
})

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
	c.Before(s, "in the control, where SIGCHLD comes when the parent waits again", func() { handlerRuns(c, s, false) })
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
