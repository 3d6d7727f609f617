package suite

import (
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

// needsControl is what a server has to do in the control of a fault: serve clients
// at the same time, close their connections, reap their children, and take signals
// and a tracer's stops.
var needsControl = []string{
	"concurrency/second-client", "descriptors/no-close-wait", "reaping/sequential", "reaping/one-of-two",
	"signals/survives-sigchld", "signals/stop-continue",
}

const (
	acceptProvoked = "a client is served and stays; one accept of the process that listens fails with "
	acceptAfter    = ", injected with ptrace; two more clients connect, the first leaves"
)

var _ = Require(Requirement{
	ID: "faults/accept-eintr", Level: report.Must,
	BuildsOn: needsControl,
	Title:    "goes on when accept is interrupted",
	Rule:     "a caught signal may interrupt accept: EINTR is not an error, accept is called again",
	Why:      "SA_RESTART on one handler does not help against the next handler, nor on every system; the server then ends with the first signal",
	Source:   "UNP 3rd ed. §5.9; accept(2), EINTR; signal(7), Interruption of system calls",
	Provoked: acceptProvoked + "EINTR" + acceptAfter + "; a failure is advice when every handler of the server has SA_RESTART, as Linux then calls accept again",
	Hint:     "if (connfd < 0 && errno == EINTR) continue;",
}, func(c *Case) {
	s := c.Launch()
	mayBeInterrupted(c, s)
	c.Reconsider(func() { acceptFails(c, s, unix.EINTR) }, func(failed match.Finding) bool {
		call := BlockingCall{Family: trace.Accept, Timeout: unix.SO_RCVTIMEO}
		if why := c.WhyNoEINTR(call, interrupts); why != "" {
			failed.Diagnosis += "; " + why
			c.Advise(failed)
		}
		return false
	})
})

var _ = Require(Requirement{
	ID: "faults/accept-econnaborted", Level: report.Should,
	BuildsOn: needsControl,
	Title:    "goes on when a client has left before it was accepted",
	Rule:     "ECONNABORTED says that one client went away while it was queued: call accept again",
	Why:      "a client that connects and resets ends a server that takes it for fatal",
	Source:   "UNP 3rd ed. §5.11; accept(2), ECONNABORTED; POSIX.1-2017 accept()",
	Provoked: acceptProvoked + "ECONNABORTED" + acceptAfter,
	Hint:     "treat ECONNABORTED like EINTR: continue",
}, func(c *Case) { acceptFails(c, c.Launch(), unix.ECONNABORTED) })

var _ = Require(Requirement{
	ID: "faults/accept-eproto", Level: report.Should,
	BuildsOn: needsControl,
	Title:    "goes on when the network has failed a new connection",
	Rule:     "Linux passes errors that are already pending on the new socket to accept: treat EPROTO, ENETDOWN, EHOSTUNREACH and the like as EAGAIN, by calling it again",
	Why:      "trouble with one connection ends the service for all clients",
	Source:   "accept(2), RETURN VALUE, Error handling",
	Provoked: acceptProvoked + "EPROTO" + acceptAfter,
	Hint:     "continue on EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP and ENETUNREACH",
}, func(c *Case) { acceptFails(c, c.Launch(), unix.EPROTO) })

var _ = Require(Requirement{
	ID: "faults/accept-enobufs", Level: report.Should,
	BuildsOn: needsControl,
	Title:    "goes on when there is no buffer for a new socket",
	Rule:     "a lack of socket memory passes: the client stays queued and is accepted later",
	Why:      "the memory comes back; a server that has ended does not",
	Source:   "accept(2), ENOBUFS",
	Provoked: acceptProvoked + "ENOBUFS" + acceptAfter,
	Hint:     "log it, pause for a moment, and call accept again",
}, func(c *Case) { acceptFails(c, c.Launch(), unix.ENOBUFS) })

var _ = Require(Requirement{
	ID: "faults/accept-enomem", Level: report.Should,
	BuildsOn: needsControl,
	Title:    "goes on when there is no memory for a new socket",
	Rule:     "a lack of memory passes: the client stays queued and is accepted later",
	Why:      "the memory comes back; a server that has ended does not",
	Source:   "accept(2), ENOMEM",
	Provoked: acceptProvoked + "ENOMEM" + acceptAfter,
	Hint:     "log it, pause for a moment, and call accept again",
}, func(c *Case) { acceptFails(c, c.Launch(), unix.ENOMEM) })

var _ = Require(Requirement{
	ID: "faults/accept-enfile", Level: report.Should,
	BuildsOn: needsControl,
	Title:    "goes on when the system has no open file to spare",
	Rule:     "the system-wide limit on open files is reached by others, and passes",
	Why:      "one greedy program elsewhere on the machine otherwise ends the server",
	Source:   "accept(2), ENFILE; proc_sys_fs(5), file-max",
	Provoked: acceptProvoked + "ENFILE" + acceptAfter,
	Hint:     "log it, pause for a moment, and call accept again",
}, func(c *Case) { acceptFails(c, c.Launch(), unix.ENFILE) })

// acceptFails has one accept fail. The first client leaves after it: where the
// server pauses, the end of a child may shorten the pause, as it may in life.
func acceptFails(c *Case, s *Server, errno unix.Errno) {
	c.Experiment(s, Failing(trace.Accept, errno, 1), func(f trace.Injection) {
		first := c.Beside(s, 1)
		armed := s.Acceptors().Inject(f)
		hit := s.Dial()
		s.Expect(match.Connected(hit))
		s.SayOne(hit)
		armed.Hit(hit)
		armed.Disarm()
		s.Rest() // the end of a child finds it where the error has led it
		s.Close(first)
		expectGoesOn(c, s, hit)
	})
}

// expectGoesOn holds the server to serving a new client, and to not keeping the one
// that a fault hit waiting: it is served late, or dropped.
func expectGoesOn(c *Case, s *Server, hit *match.Client) {
	s.Rest() // what was done to it before has taken its effect
	c.MakeWay(s, Group{hit})
	fresh := s.Dial()
	c.ExpectService(s, match.Connected(fresh), fresh)
	s.SayOne(fresh)
	c.ExpectService(s, match.All(match.Served(fresh), match.ServedOrDropped(hit)), fresh)
	noteServed(c, s, fresh, hit)
}

// noteServed notes that a new client was served, and how the one that a fault hit
// fared.
func noteServed(c *Case, s *Server, fresh, hit *match.Client) {
	fared := "dropped"
	if s.See(match.Everything).Served(hit) {
		fared = "served, too"
	}
	c.Did("%s, newly connected, was served; %s was %s", fresh.Name, hit.Name, fared)
}

// mayBeInterrupted asks whether a signal can interrupt accept while the server
// is to go on: it waits there, and catches one that does not ask it to end.
func mayBeInterrupted(c *Case, s *Server) {
	caught, idle := false, s.See(match.Clients).Idle
	for _, h := range idle.Listening() {
		p, _ := idle.Find(h.Process)
		caught = caught || slices.ContainsFunc(p.Signals.Caught.Signals(), interrupts)
		if c.NonBlocking(h) {
			c.NotApplicable("its listening socket does not block (O_NONBLOCK), and a call that does not wait is not interrupted")
		}
	}
	if !caught {
		c.NotApplicable("it catches no signal but such that ask it to end, so nothing else interrupts accept")
	}
}

// interrupts says whether a server that catches a signal is to go on after it.
func interrupts(sig syscall.Signal) bool {
	switch sig {
	case unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGPIPE: // the end, or a write
		return false
	case unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS: // a crash
		return false
	case 32, 33: // the C library's own, nptl(7)
		return false
	}
	return true
}
