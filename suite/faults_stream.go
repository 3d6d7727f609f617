package suite

import (
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

const (
	// streamBytes fit into the usual buffers of a server in one piece.
	streamBytes = 900
	// fewBytes is what a call is cut down to.
	fewBytes = 7
)

var _ = Require(Requirement{
	ID: "faults/short-write", Level: report.Should, Connection: true, Asks: Answers,
	BuildsOn: needsControl,
	Title:    "sends the rest after a short write",
	Rule:     "write may take fewer bytes than it was given and returns how many: the rest is written with the next call",
	Why:      "a signal that is caught, or SIGSTOP and SIGCONT, cuts a blocking write short: what is not sent again is lost",
	Source:   "write(2), RETURN VALUE; send(2); UNP 3rd ed. §3.9",
	Provoked: "three writes for a client are made to transfer 7 bytes only (the length is changed with ptrace); the client compares all that it gets",
	Hint:     "loop: n = write(fd, p, left); p += n; left -= n; until left is 0",
}, func(c *Case) {
	disturbStream(c, c.Launch(), trace.Injection{Family: trace.Write, Short: fewBytes, Times: 3})
})

var _ = Require(Requirement{
	ID: "faults/write-eintr", Level: report.Should, Connection: true, Asks: Answers,
	BuildsOn: needsControl,
	Title:    "sends everything when a write is interrupted",
	Rule:     "EINTR from write says that nothing was written and nothing is wrong: call it again with the same bytes",
	Why:      "with a handler installed, by the server or by a library, every blocking write can be interrupted; the answer is lost, or the connection",
	Source:   "write(2), EINTR; signal(7), Interruption of system calls; UNP 3rd ed. §5.9",
	Provoked: "two writes for a client fail with EINTR, injected with ptrace; the client compares all that it gets; n/a when no signal handler of the process lets a write fail so",
	Hint:     "if (n < 0 && errno == EINTR) continue;",
}, func(c *Case) { interruptStream(c, BlockingCall{Family: trace.Write, Timeout: unix.SO_SNDTIMEO}) })

var _ = Require(Requirement{
	ID: "faults/short-read", Level: report.Should, Connection: true, Asks: Answers,
	BuildsOn: needsControl,
	Title:    "takes a short read for what it is",
	Rule:     "read returns how many bytes it has read; it may be fewer than there are",
	Why:      "a server that relies on a count from elsewhere (FIONREAD) sends bytes that its client never wrote, or drops some",
	Source:   "read(2), RETURN VALUE; recv(2); UNP 3rd ed. §3.9",
	Provoked: "three reads for a client are made to transfer 7 bytes only (the length is changed with ptrace); the client compares all that it gets",
	Hint:     "use what read returned, and nothing else, as the number of bytes",
}, func(c *Case) {
	disturbStream(c, c.Launch(), trace.Injection{Family: trace.Read, Short: fewBytes, Times: 3})
})

var _ = Require(Requirement{
	ID: "faults/read-eintr", Level: report.Should, Connection: true, Asks: Answers,
	BuildsOn: needsControl,
	Title:    "keeps the connection when a read is interrupted",
	Rule:     "EINTR from read says that nothing was read and nothing is wrong: call it again",
	Why:      "with a handler installed, by the server or by a library, every blocking read can be interrupted; a client loses its connection for no reason",
	Source:   "read(2), EINTR; signal(7), Interruption of system calls; UNP 3rd ed. §5.9",
	Provoked: "two reads for a client fail with EINTR, injected with ptrace; the client speaks and compares all that it gets; n/a when no signal handler of the process lets a read fail so",
	Hint:     "if (n < 0 && errno == EINTR) continue;",
}, func(c *Case) { interruptStream(c, BlockingCall{Family: trace.Read, Timeout: unix.SO_RCVTIMEO}) })

var _ = Require(Requirement{
	ID: "faults/read-econnreset", Level: report.Should, Connection: true, Asks: Answers, Long: true,
	BuildsOn: needsControl,
	Title:    "ends only the connection whose read fails with ECONNRESET",
	Rule:     "ECONNRESET is the end of one connection, and of the child that serves it",
	Why:      "any client can reset its connection; it must not end the service of others",
	Source:   "read(2); tcp(7); UNP 3rd ed. §5.13",
	Provoked: "two clients are served; a read for the second fails with ECONNRESET, injected with ptrace; the first and a new one speak",
	Hint:     "in the child: close the connection and _exit; never signal the server or the process group",
}, func(c *Case) {
	s := c.Launch()
	c.Experiment(s, Failing(trace.Read, unix.ECONNRESET, 1), func(f trace.Injection) {
		two := s.Serve(c.AtOnce(2))
		others, hit := two[:len(two)-1], two[len(two)-1]
		child, own := s.See(match.Descriptors).Child(hit)
		armed := s.OnConnection(f, hit)
		s.SayOne(hit)
		armed.Hit(hit)
		armed.Disarm()
		ends := match.ServedOrDropped(hit)
		if own {
			ends = match.Either(match.Dead(child), ends)
		}
		s.Expect(ends)
		c.MakeWay(s, Group{hit})
		s.ExpectServes(others)
	})
})

// disturbStream has calls on one client's connection disturbed, and holds the
// server to answering it all the same.
func disturbStream(c *Case, s *Server, fault trace.Injection) {
	c.Experiment(s, fault, func(f trace.Injection) {
		one := s.Serve(c.AtOnce(1))[0]
		armed := s.OnConnection(f, one)
		one.SayLong(streamBytes)
		armed.Hit(one)
		expectAnswered(c, s, armed, one)
		armed.Disarm()
		s.ExpectServes(Group{one})
	})
}

// interruptStream has a call on one client's connection fail with EINTR. Where no
// handler lets the kernel do that, a failure says nothing about the server.
func interruptStream(c *Case, call BlockingCall) {
	s := c.Launch()
	fault := Failing(call.Family, unix.EINTR, 2)
	c.Reconsider(func() { disturbStream(c, s, fault) }, func(match.Finding) bool {
		if why := c.WhyNoEINTR(call, interrupts); why != "" {
			c.NotApplicable("%s", why)
		}
		return false
	})
}

// expectAnswered holds the server to answering a client. One that waits for an
// edge of epoll may take a short count for an empty or a full queue, which on a
// true network it is.
func expectAnswered(c *Case, s *Server, armed *Armed, one *match.Client) {
	wrong := s.Mismatch(match.Answered(one))
	if wrong == nil {
		c.Did("%s has the whole reply to the %d bytes that it sent", one.Name, one.History().Sent)
		return
	}
	if armed.Shortens() && waitsForEdges(*wrong.Snapshot, one) {
		c.NotApplicable("after a short count it waits for the next event of an edge-triggered epoll (EPOLLET), as epoll(7), question 9, allows: no network brings such a count about")
	}
	armed.Tell()
	c.Fail(*wrong)
}

// waitsForEdges says whether a process that holds a client's connection watches
// it with an edge-triggered epoll.
func waitsForEdges(snapshot match.Snapshot, c *match.Client) bool {
	for _, h := range snapshot.Holders(c) {
		p, _ := snapshot.Picture.Find(h.Process)
		for _, d := range p.Descriptors {
			if d.Kind != observe.Epoll {
				continue
			}
			if edges, err := observe.EdgeTriggered(p.ID, d.FD, h.FD); err == nil && edges {
				return true
			}
		}
	}
	return false
}
