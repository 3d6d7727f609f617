package suite

import (
	"errors"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets"
)

var _ = Require(Requirement{
	ID: "launch/listens", Level: report.Must,
	Title:    "accepts a TCP connection within the start limit",
	Rule:     "a server creates a socket, binds it to its port, listens, and then accepts",
	Why:      "nothing else can be judged of a server that no client can reach",
	Source:   "UNP 3rd ed. §4.2–4.6; listen(2)",
	Provoked: "the server is started; its process tree is watched until it owns a socket in state LISTEN; a client connects",
	Hint:     "check what socket, bind and listen return; take the port from the command line where {port} stands; print errors with perror",
}, func(c *Case) {
	s := c.Launch()
	one := s.Dial()
	s.Expect(match.Connected(one))
	c.Did("connected a client")
	c.Dismiss()
})

var _ = Require(Requirement{
	ID: "launch/serves-again", Level: report.Must,
	BuildsOn: []string{"echo/exact", "http/get", "dialogue/as-written"},
	Title:    "serves a second client after the first has left",
	Rule:     "a server serves until it is told to end: accept stands in a loop",
	Why:      "a server that ends, or blocks, with its first client is of no use to the second",
	Source:   "UNP 3rd ed. §4.6, figure 4.11; accept(2)",
	Provoked: "a client is served and leaves; when the server has closed its connection and sleeps, a second client connects and speaks",
	Hint:     "put accept into a loop that nothing but an error of the listening socket ends, and go on when a signal interrupts it (EINTR)",
}, func(c *Case) {
	s := c.Launch()
	s.Leave(s.Serve(1))
	c.Did("it left")
	s.ExpectServes(nil)
	c.Dismiss() // the second client stays: one more is a matter of concurrency
})

var _ = Require(Requirement{
	ID: "launch/restarts-at-once", Level: report.Should,
	BuildsOn: []string{"launch/serves-again"},
	Title:    "can be started again on the same port right after it was stopped with a client connected",
	Rule:     "a TCP server sets SO_REUSEADDR before bind",
	Why:      "the end that closes first keeps the connection in FIN_WAIT_2 or TIME_WAIT for a minute or more, and bind fails with \"Address already in use\" until then",
	Source:   "UNP 3rd ed. §7.5, SO_REUSEADDR; socket(7); RFC 9293 §3.6.1",
	Provoked: "a client is served; the server's whole tree is ended with the client connected; it is started again on the same port",
	Hint:     "int on = 1; setsockopt(listenfd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); before bind",
}, func(c *Case) {
	s := c.Launch()
	taken := match.Taken(s.Serve(1)[0])
	before := s.See(match.Everything)
	reuses := reusesAddress(before.Picture)
	s.End()
	if !taken.Holds(before) {
		s.Needs(match.PortInUse()) // the end of a server that leaves bytes unread resets the connection
	}
	s.Prove(match.PortInUse())
	samePort, again, err := c.Relaunch(s)
	if samePort {
		return
	}
	if !c.TakesSamePort(s) {
		c.NotApplicable("the server takes another port at every start")
	}
	var silent *targets.NotListening
	var found string
	switch {
	case errors.As(err, &silent):
		found = silent.Reason
		if reuses && !strings.Contains(strings.ToLower(silent.Output), "address already in use") {
			c.NotApplicable("the port is free for it, as its listening socket has SO_REUSEADDR; it does not start again for another reason: %s", found)
		}
	case err != nil:
		c.CannotJudge("the server could not be started again: %v", err)
	default:
		found = "it listens on " + again.Listening.String() + " instead"
	}
	why := "the earlier connection still occupies the port, and bind(2) refuses it without SO_REUSEADDR (EADDRINUSE)"
	if reuses {
		why = "the earlier connection still occupies the port, though its listening socket has SO_REUSEADDR: setsockopt(2) has to come before bind(2)"
	}
	c.Fail(match.Finding{Expected: "the server listens on the same port again", Found: found, Diagnosis: why})
})

// reusesAddress says whether every listening socket is seen to have SO_REUSEADDR.
func reusesAddress(p observe.Picture) bool {
	return !slices.ContainsFunc(p.Listening(), func(h observe.Holding) bool {
		reuses, err := observe.ReusesAddress(h.Process, h.FD)
		return !reuses || err != nil
	})
}
