package suite

import (
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

var _ = Require(Requirement{
	ID: "termination/client-sees-eof", Level: report.Must, Connection: true,
	BuildsOn: []string{"descriptors/parent-closes-connection"},
	Title:    "lets a client that has ended its side see the end of file",
	Rule:     "a connection ends when the last descriptor that refers to it is closed",
	Why:      "a client that waits for the end waits for ever when some process keeps a copy",
	Source:   "UNP 3rd ed. §4.8; close(2); shutdown(2)",
	Provoked: "two clients are served; the second half-closes and reads until the end; an end that waits for a timer of the server is advice, with the time it took",
	Hint:     "close the connected socket in the parent after fork, and in the child when read returns 0",
}, func(c *Case) {
	s := c.Launch()
	two := s.Serve(c.AtOnce(2))
	last := two[len(two)-1:]
	s.HalfClose(last)
	s.ExpectSoon(match.SeeEnd(last...))
})

var _ = Require(Requirement{
	ID: "termination/child-exits", Level: report.Must, Connection: true, Models: Forked,
	BuildsOn: []string{"launch/serves-again"},
	Title:    "ends the child with its connection",
	Rule:     "the child serves its one client, closes, and exits",
	Why:      "children that stay use up the process table as surely as zombies do",
	Source:   "UNP 3rd ed. §4.8, §5.7; exit(3)",
	Provoked: "one client is served and leaves; its child is watched",
	Hint:     "leave the loop when read returns 0, close the connection, and call _exit(0)",
}, func(c *Case) {
	s := c.Launch()
	one := s.Serve(1)
	children := s.Children(one)
	s.Close(one)
	s.ExpectSoon(match.Dead(children...))
})

var _ = Require(Requirement{
	ID: "termination/child-exits-on-reset", Level: report.Must, Connection: true, Models: Forked,
	BuildsOn: []string{"termination/child-exits"},
	Title:    "ends the child when its client resets the connection",
	Rule:     "read that fails with ECONNRESET is the end of the connection",
	Why:      "a child that tries again spins at full processor speed for ever",
	Source:   "UNP 3rd ed. §5.13, §7.5 (SO_LINGER); read(2); tcp(7)",
	Provoked: "one client is served and resets its connection (SO_LINGER 0); its child is watched",
	Hint:     "retry read only when errno is EINTR; on any other error close and _exit",
}, func(c *Case) {
	s := c.Launch()
	one := s.Serve(1)
	children := s.Children(one)
	s.Reset(one)
	s.ExpectSoon(match.Dead(children...))
})

var _ = Require(Requirement{
	ID: "termination/killed-child-frees-client", Level: report.Must, Models: Forked,
	BuildsOn: []string{"descriptors/parent-closes-connection"},
	Title:    "lets a client whose child is killed see the end at once",
	Rule:     "the kernel closes the descriptors of a process that ends, however it ends; no other process may hold the connection",
	Why:      "a crash of one child otherwise leaves its client hanging",
	Source:   "_exit(2); UNP 3rd ed. §4.8",
	Provoked: "two clients are served; the child of the first is killed with SIGKILL",
	Hint:     "close the connected socket in the parent before the next fork, so that no other process holds it",
}, func(c *Case) {
	s := c.Launch()
	two := s.Serve(c.AtOnce(2))
	children := s.Children(two)
	s.Child(children[0]).Kill()
	s.Expect(match.Ended(two[0]))
})

var _ = Require(Requirement{
	ID: "termination/child-serves-one", Level: report.Must, Models: Forked,
	BuildsOn: []string{"signals/stop-continue"},
	Title:    "never accepts a connection in a child",
	Rule:     "after serving, the child exits; it does not go back to accept",
	Why:      "a child that falls through into the accept loop competes with its parent, and every client adds one more server",
	Source:   "UNP 3rd ed. §4.8, figure 4.13",
	Provoked: "one client is served and leaves; the parent is stopped; a second client connects, which no process may accept",
	Hint:     "end the child's branch with _exit(0)",
}, func(c *Case) {
	s := c.Launch()
	one := s.Serve(1)
	s.Children(one)
	s.Close(one)
	s.Rest()
	thaw := s.Parents().Freeze()
	second := s.Connect(1)
	s.Say(second)
	s.ExpectNever(match.Accepted(second[0]), "no process but the parent accepts, so the connection waits in the queue")
	thaw()
	s.Needs(match.Served(second...))
})

var _ = Require(Requirement{
	ID: "termination/idle-is-idle", Level: report.Must, Connection: true,
	BuildsOn: []string{"concurrency/second-client"},
	Title:    "uses no processor time while no client speaks",
	Rule:     "a process with nothing to do sleeps in a blocking call",
	Why:      "a loop that polls a non-blocking socket takes a whole processor from all others",
	Source:   "UNP 3rd ed. §6.2, §16.1; accept(2)",
	Provoked: "processor time is read twice: before the first client, with three idle clients, and after they left",
	Hint:     "block in accept, read, poll or select; do not spin on EAGAIN",
}, func(c *Case) {
	s := c.Launch()
	s.ExpectIdle("before the first client")
	three := s.Serve(c.AtOnce(3))
	s.ExpectIdle("with three idle clients")
	s.Close(three)
	s.Reaches(match.NoConnectionLeft())
	s.ExpectIdle("after they left")
})

var _ = Require(Requirement{
	ID: "termination/sigterm", Level: report.Should,
	BuildsOn: []string{"launch/listens"},
	Title:    "ends on SIGTERM and frees its port",
	Rule:     "SIGTERM asks a program to end; service managers, containers and kill(1) send it",
	Why:      "a server that does not end is killed with SIGKILL after a time-out, and cannot clean up",
	Source:   "signal(7); systemd.kill(5); POSIX.1-2017, <signal.h>",
	Provoked: "the idle server is sent SIGTERM",
	Hint:     "leave SIGTERM at its default, or have accept return (no SA_RESTART) and end the loop in the handler's flag",
}, func(c *Case) { endsOn(c, unix.SIGTERM) })

var _ = Require(Requirement{
	ID: "termination/sigint", Level: report.Should,
	BuildsOn: []string{"launch/listens"},
	Title:    "ends on SIGINT and frees its port",
	Rule:     "SIGINT is what Ctrl-C sends",
	Why:      "a server that cannot be interrupted at its terminal is killed by hand, and leaves its port taken",
	Source:   "signal(7); termios(3), VINTR",
	Provoked: "the idle server is sent SIGINT",
	Hint:     "leave SIGINT at its default, or have accept return (no SA_RESTART) and end the loop in the handler's flag",
}, func(c *Case) { endsOn(c, unix.SIGINT) })

func endsOn(c *Case, sig unix.Signal) {
	s := c.Launch()
	s.Parents().AskToEnd(sig)
	s.Expect(match.PortFree())
}
