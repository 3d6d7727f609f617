package suite

import (
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

const (
	waitSource = "waitpid(2), NOTES; POSIX.1-2017 XSH 2.4.3; UNP 3rd ed. §5.9–5.10"
	// fewInTurn are enough children in turn to show that a handler stays installed.
	fewInTurn = 5
	loopHint  = "in the SIGCHLD handler: while (waitpid(-1, NULL, WNOHANG) > 0) ; and save and restore errno around it"
)

var _ = Require(Requirement{
	ID: "reaping/one", Level: report.Must, Models: WithChildren,
	BuildsOn: []string{"launch/serves-again"},
	Title:    "leaves no zombie after one client",
	Rule:     "a parent waits for every child that ends; until then the kernel keeps the child's entry as a zombie",
	Why:      "zombies fill the process table until no process on the machine can fork",
	Source:   waitSource,
	Provoked: "one client is served and leaves; its child ends",
	Hint:     loopHint,
}, func(c *Case) {
	s := c.Launch()
	one := s.Serve(1)
	children := s.Children(one)
	s.Close(one)
	s.ChildrenEnd(children)
	s.ExpectReaped()
})

var _ = Require(Requirement{
	ID: "reaping/sequential", Level: report.Must, Models: WithChildren, Long: true,
	BuildsOn: []string{"reaping/one"},
	Title:    "leaves no zombie after 50 clients in turn",
	Rule:     "a handler stays installed: every SIGCHLD is acted on, not only the first",
	Why:      "with signal(2) of System V, or SA_RESETHAND, the disposition falls back to the default after the first signal, and every later child becomes a zombie",
	Source:   "sigaction(2), SA_RESETHAND; signal(2), Portability; UNP 3rd ed. §5.8",
	Provoked: "50 clients, one after another: each is served and leaves, and its child ends before the next connects; 5 where the server takes its time with each",
	Hint:     "install the handler with sigaction(2), without SA_RESETHAND",
}, func(c *Case) {
	s := c.Launch()
	c.InTurn(50, fewInTurn, func(int) {
		one := Group{s.ServeOne()}
		children := s.Children(one)
		s.Close(one)
		s.ChildrenEnd(children)
	})
	s.ExpectReaped()
})

var _ = Require(Requirement{
	ID: "reaping/five-at-once", Level: report.Must, Models: WithChildren,
	BuildsOn: []string{"reaping/one", "signals/stop-continue"},
	Title:    "leaves no zombie after five children that end at the same moment",
	Rule:     "signals of one kind do not queue: one SIGCHLD may stand for any number of children, so the handler waits until there is none left to wait for",
	Why:      "a handler that calls wait once leaves four of five children behind as zombies",
	Source:   "UNP 3rd ed. §5.10; signal(7), Queueing and delivery semantics for standard signals",
	Provoked: "five clients are served; the parent is stopped with SIGSTOP; all five leave and their children end; the parent goes on with SIGCONT and finds one pending SIGCHLD",
	Hint:     loopHint,
}, func(c *Case) { endTogether(c, 5, "five") })

var _ = Require(Requirement{
	ID: "reaping/many-at-once", Level: report.Must, Models: WithChildren,
	BuildsOn: []string{"reaping/five-at-once", "concurrency/many"},
	Title:    "leaves no zombie after 25 children that end at the same moment",
	Rule:     "the handler waits until there is no ended child left, however many they are",
	Why:      "a server under load loses children in bursts",
	Source:   "UNP 3rd ed. §5.10; signal(7), Queueing and delivery semantics for standard signals",
	Provoked: "as five-at-once, with 25 clients",
	Hint:     loopHint,
}, func(c *Case) { endTogether(c, 25, "25") })

// endTogether has n children end while the parent is stopped, so that their n
// SIGCHLD become one.
func endTogether(c *Case, n int, word string) {
	s := c.Launch()
	all := s.Serve(n)
	children := s.Children(all)
	thaw := s.Parents().Freeze()
	s.Close(all)
	together := s.Ended(children)
	if !together && !c.Applies("reaping/one") {
		c.NotApplicable("the children do not end with their connections, so there is nothing to reap")
	}
	thaw()
	if !together {
		s.Ended(children)
		c.Did("the children did not end while their parent was stopped")
	}
	s.ExpectReaped()
	if !together {
		c.CannotJudge("its children end only while their parent runs, so %s ends at once could not be brought about", word)
	}
}

var _ = Require(Requirement{
	ID: "reaping/one-of-two", Level: report.Must, Models: WithChildren,
	BuildsOn: []string{"reaping/one", "concurrency/second-client"},
	Title:    "goes on serving when one child ends and another runs on",
	Rule:     "a parent that reaps does not wait for children that still run",
	Why:      "wait() in a loop reaps the first child and then blocks until the last client leaves; no new client is accepted",
	Source:   "waitpid(2), WNOHANG; UNP 3rd ed. §5.10",
	Provoked: "two clients are served; one leaves and its child ends; a third connects while the second stays",
	Hint:     "call waitpid(-1, NULL, WNOHANG) in the loop, not wait(NULL): it returns 0 when children are left but none has ended",
}, func(c *Case) {
	s := c.Launch()
	two := s.Serve(2)
	children := s.Children(two)
	s.Close(two[:1])
	s.ChildrenEnd(children[:1])
	s.ExpectServes(two[1:])
	s.ExpectReaped(Together)
})

var _ = Require(Requirement{
	ID: "reaping/killed-child", Level: report.Must, Models: WithChildren,
	BuildsOn: []string{"reaping/one"},
	Title:    "reaps a child that was killed",
	Rule:     "a child is waited for however it ended, by exit or by a signal",
	Why:      "a parent that relies on its children to say goodbye keeps those that crash as zombies",
	Source:   "waitpid(2), WIFSIGNALED; wait(3p)",
	Provoked: "one client is served, and its child is killed with SIGKILL",
	Hint:     "reap in the SIGCHLD handler whatever the status is; do not depend on what a child does at its end",
}, func(c *Case) {
	s := c.Launch()
	one := s.Serve(1)
	children := s.Children(one)
	s.Child(children[0]).Kill()
	s.ExpectReaped()
})

var _ = Require(Requirement{
	ID: "reaping/stopped-child", Level: report.Must, Models: WithChildren,
	BuildsOn: []string{"reaping/one", "concurrency/second-client"},
	Title:    "goes on serving when a child is stopped, and reaps it later",
	Rule:     "a child that stops raises SIGCHLD too, and there is nothing to wait for",
	Why:      "a handler that calls a blocking wait() then hangs the whole server",
	Source:   "sigaction(2), SA_NOCLDSTOP; signal(7)",
	Provoked: "two clients are served; the child of the first is stopped with SIGSTOP; a third client connects; then the child goes on and its client leaves",
	Hint:     "use waitpid with WNOHANG in the handler, and set SA_NOCLDSTOP",
}, func(c *Case) {
	s := c.Launch()
	two := s.Serve(2)
	children := s.Children(two)
	goOn := s.Child(children[0]).Freeze()
	s.ExpectServes(two[1:])
	goOn()
	s.Close(two[:1])
	s.ChildrenEnd(children[:1])
	s.ExpectReaped(Together)
})

var _ = Require(Requirement{
	ID: "reaping/promptly", Level: report.Should, Models: WithChildren,
	BuildsOn: []string{"reaping/one"},
	Title:    "needs no further client to reap",
	Rule:     "an ended child is reaped when it ends, not when the next client comes",
	Why:      "a server that reaps before its next accept keeps the zombies of a burst for as long as it is quiet",
	Source:   "signal(7), SIGCHLD; UNP 3rd ed. §5.9",
	Provoked: "one client is served and leaves; its child ends; no other client connects",
	Hint:     "reap in a SIGCHLD handler (or with signalfd), or ignore SIGCHLD, in addition to the accept loop",
}, func(c *Case) {
	s := c.Launch()
	one := s.Serve(1)
	children := s.Children(one)
	s.Close(one)
	s.ChildrenEnd(children)
	zombies := s.Mismatch(match.NoZombies())
	switch {
	case zombies == nil:
	case s.OneMoreReaps():
		c.Fail(*zombies)
	default:
		c.FallShort(*zombies) // that they stay is the failure of reaping/one
	}
})
