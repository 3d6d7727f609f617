package suite

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

// slowFork is how long a fork takes on a machine that is busy or short of
// memory: the kernel copies the page tables of the whole process.
const slowFork = 300 * time.Millisecond

const forkHint = "if fork returns -1: log it, close(connfd), and go on; never keep the -1 where a process ID is expected"

var _ = Require(Requirement{
	ID: "faults/fork-eagain", Level: report.Should, Long: true,
	BuildsOn: needsControl,
	Title:    "drops only the one client for which fork fails with EAGAIN",
	Rule:     "fork fails when there are too many processes: that concerns one client, which sees the end of its connection",
	Why:      "a client that is neither served nor dropped waits for ever; a server that ends, ends for all; and kill(-1) ends everything",
	Source:   "fork(2), EAGAIN; kill(2); UNP 3rd ed. §4.7",
	Provoked: "a client is served and stays; the fork for the next one fails with EAGAIN, injected with ptrace; a third connects",
	Hint:     forkHint,
}, func(c *Case) { callFails(c, c.Launch(), Failing(trace.Fork, unix.EAGAIN, 1)) })

var _ = Require(Requirement{
	ID: "faults/fork-enomem", Level: report.Should, Long: true,
	BuildsOn: needsControl,
	Title:    "drops only the one client for which fork fails with ENOMEM",
	Rule:     "fork fails when there is no memory: that concerns one client, which sees the end of its connection",
	Why:      "memory comes back as soon as some child ends; a server that has ended does not",
	Source:   "fork(2), ENOMEM; kill(2); UNP 3rd ed. §4.7",
	Provoked: "a client is served and stays; the fork for the next one fails with ENOMEM, injected with ptrace; a third connects",
	Hint:     forkHint,
}, func(c *Case) { callFails(c, c.Launch(), Failing(trace.Fork, unix.ENOMEM, 1)) })

var _ = Require(Requirement{
	ID: "faults/slow-fork", Level: report.Should,
	BuildsOn: needsControl,
	Title:    "loses no connection while a fork takes 300 ms",
	Rule:     "clients that connect while the server is held up wait in the backlog; none of them is lost",
	Why:      "the fork of a big process, or on a machine that swaps, takes that long",
	Source:   "fork(2), NOTES; listen(2); UNP 3rd ed. §4.5",
	Provoked: "the fork for a client is held back with ptrace, for 300 ms and until two more clients are connected, or wait because the backlog is full; all three speak",
	Hint:     "do not measure the time around fork; leave clients in the backlog until accept takes them",
}, func(c *Case) {
	s := c.Launch()
	slow := trace.Injection{Family: trace.Fork, Delay: slowFork, Times: 1}
	c.Experiment(s, slow, func(f trace.Injection) {
		held := make(chan struct{})
		release := sync.OnceFunc(func() { close(held) })
		c.Cleanup(release)
		f.Until = held
		armed := s.Acceptors().Inject(f)
		three := Group{s.Dial()}
		armed.RestInControl()
		s.SayOne(three[0])
		armed.Hit(three[0])
		for range 2 {
			armed.RestInControl()
			next := s.Dial()
			s.Prove(match.ConnectedOrQueued(next))
			s.SayOne(next)
			three = append(three, next)
		}
		release()
		armed.Over()
		stay := c.Answers(s, three, s.ExpectEventually) // a timer may bring one in
		armed.Disarm()
		s.Rest() // a child may answer before its parent hangs up
		c.MustLast(stay)
		s.Expect(match.StillOpen(stay...))
		c.Did("%s were served, and the server ended no connection of them", three.Names())
	})
})

// callFails has the fork, or the making of a thread, for one client fail. A server that
// tries again and serves the client does better than is asked.
func callFails(c *Case, s *Server, fault trace.Injection) {
	c.Experiment(s, fault, func(f trace.Injection) {
		first := c.Beside(s, 1)
		armed := s.Acceptors().Inject(f)
		hit := s.Dial()
		s.Expect(match.Connected(hit))
		s.SayOne(hit)
		armed.Hit(hit)
		armed.Disarm()
		s.Expect(match.ServedOrDropped(hit))
		c.MakeWay(s, Group{hit})
		// The first client speaks last: what the server does when the next one
		// comes, it has done by then.
		s.ExpectServes(nil)
		s.Say(first)
		s.Expect(match.Served(first...))
	})
}
