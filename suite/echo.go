package suite

import (
	"fmt"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

const byteStream = "TCP is a byte stream: it keeps no message boundaries, and read returns whatever has arrived"

var _ = Require(Requirement{
	ID: "echo/exact", Level: report.Must, Connection: true, Protocol: Echo,
	BuildsOn: []string{"launch/listens"},
	Title:    "returns the bytes it was sent, and nothing else",
	Rule:     "an echo server sends back exactly the data that it receives",
	Why:      "a byte more, less or changed breaks whatever protocol is built on the same loop",
	Source:   "RFC 862; UNP 3rd ed. §5.3, str_echo",
	Provoked: "one client sends lines of text, each after the answer to the one before",
	Hint:     "write exactly the n bytes that read returned, and loop until read returns 0",
}, func(c *Case) {
	s := c.Launch()
	one := s.Connect(1)
	for _, text := range []string{"hello\n", "how are you, server?\n", "\n", "a\n", "bye bye\n"} {
		one[0].Send(protocol.Text(text))
		s.Expect(match.Answered(one...))
	}
	c.Did("sent five lines, each after the answer to the one before")
	c.Dismiss() // whether it serves another client is a matter of launch/serves-again
})

var _ = Require(Requirement{
	ID: "echo/binary", Level: report.Must, Connection: true, Protocol: Echo,
	BuildsOn: []string{"launch/serves-again"},
	Title:    "returns every byte value, NUL included",
	Rule:     "what read returns is n bytes, not a string",
	Why:      "strlen, strcpy and printf(\"%s\") stop at the first NUL; a char compared with EOF stops at 0xff",
	Source:   "RFC 862; read(2); UNP 3rd ed. §3.9",
	Provoked: "one client sends all 256 byte values, then runs of NUL between text",
	Hint:     "pass on the count that read returned; never measure a buffer with strlen",
}, func(c *Case) {
	s := c.Launch()
	one := s.Connect(1)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	nuls := append([]byte("before"), make([]byte, 300)...)
	for _, data := range [][]byte{append(all, '\n'), append(nuls, "after\n"...), {0, '\n'}, {255, '\n'}} {
		one[0].Send(protocol.Literal(data))
		s.Expect(match.Answered(one...))
	}
	c.Did("sent all 256 byte values, and a run of 300 NUL bytes")
})

var _ = Require(Requirement{
	ID: "echo/dribble", Level: report.Must, Connection: true, Protocol: Echo,
	BuildsOn: []string{"launch/serves-again"},
	Title:    "returns a message that comes one byte at a time",
	Rule:     byteStream,
	Why:      "a server that takes one read for one message works on loopback and fails over a slow line",
	Source:   "UNP 3rd ed. §3.9; RFC 9293 §3.8",
	Provoked: "one client sends a line of 18 bytes, each byte in a segment of its own, after the server has taken the one before",
	Hint:     "treat what read returns as a piece of the stream: pass it on as it is, and go on reading",
}, func(c *Case) {
	s := c.Launch()
	one := s.Connect(1)
	for _, b := range []byte("one by one by one\n") {
		one[0].Send(protocol.Literal([]byte{b}))
		s.Needs(match.Taken(one[0]))
	}
	c.Did("sent 18 bytes, each after the server had read the one before")
	s.Expect(match.Answered(one...))
})

var _ = Require(Requirement{
	ID: "echo/coalesced", Level: report.Must, Connection: true, Protocol: Echo,
	BuildsOn: []string{"launch/serves-again"},
	Title:    "returns many messages that arrive together",
	Rule:     byteStream,
	Why:      "a server that takes one read for one message drops all but the first of those that arrive together",
	Source:   "UNP 3rd ed. §3.9; RFC 9293 §3.8",
	Provoked: "one client sends 50 lines in one segment, before it reads anything",
	Hint:     "handle everything that read returned, not only the first line of it",
}, func(c *Case) {
	s := c.Launch()
	one := s.Connect(1)
	lines := make([]protocol.Payload, 50)
	for i := range lines {
		lines[i] = protocol.Text(fmt.Sprintf("line %d of 50\n", i+1))
	}
	one[0].Send(protocol.Join(lines...))
	c.Did("sent 50 lines in one write")
	s.Expect(match.Answered(one...))
})

var _ = Require(Requirement{
	ID: "echo/boundaries", Level: report.Must, Connection: true, Protocol: Echo,
	BuildsOn: []string{"launch/serves-again"},
	Title:    "returns messages of every size around the powers of two up to 64 KiB",
	Rule:     "a full buffer is not an error and not the end: n may equal the size of the buffer",
	Why:      "bugs at the edge of a buffer show only when a message just fills it",
	Source:   "read(2); UNP 3rd ed. §3.9",
	Provoked: "one client sends messages of 1 byte, and one below, at and one above each power of two to 64 KiB, each after the answer to the one before",
	Hint:     "read at most sizeof buf bytes, write exactly n, and do not store a terminating NUL behind the data",
}, func(c *Case) {
	s := c.Launch()
	one := s.Connect(1)
	for size := int64(1); size <= 64<<10; size *= 2 {
		for _, n := range []int64{size - 1, size, size + 1} {
			if n > 0 {
				one[0].Send(protocol.Printable(c.Seed(n), n))
				s.Expect(match.Answered(one...))
			}
		}
	}
	c.Did("sent messages of 49 sizes from 1 to 65537 bytes")
})

var _ = Require(Requirement{
	ID: "echo/stream", Level: report.Must, Connection: true, Protocol: Echo,
	BuildsOn: []string{"launch/serves-again"},
	Title:    "returns 16 MiB to a client that is slow at first",
	Rule:     "write may take less than it was given; the rest is written again",
	Why:      "a short count that is ignored loses data as soon as a client reads more slowly than the server writes",
	Source:   "write(2), RETURN VALUE; UNP 3rd ed. §3.9, figure 3.16",
	Provoked: "one client sends 16 MiB and begins to read only when both directions are full",
	Hint:     "loop until all n bytes are written (UNP, figure 3.16); on a non-blocking socket wait for POLLOUT when write takes less",
}, func(c *Case) {
	const size = 16 << 20
	s := c.Launch()
	one := Group{s.ConnectWithoutReading()}
	one[0].Send(protocol.Printable(c.Seed(16), size))
	s.Rest()
	s.Prove(match.SentOrStalled(one[0]))
	c.Did("sent 16 MiB without reading, until nothing went out any more")
	one[0].StartReading()
	c.Did("read what came back while sending the rest")
	s.Expect(match.Answered(one...))
})

var _ = Require(Requirement{
	ID: "echo/half-close", Level: report.Must, Connection: true, Protocol: Echo,
	BuildsOn: []string{"signals/stop-continue", "descriptors/parent-closes-connection"},
	Title:    "sends everything it owes after the client's FIN, and then ends in order",
	Rule:     "a FIN ends one direction only: the client still reads, so all that is owed is sent before the connection is closed",
	Why:      "clients that send a request, half-close and read the answer (nc -N, HTTP/1.0, batch input) lose its end",
	Source:   "RFC 9293 §3.6; shutdown(2); UNP 3rd ed. §6.6–6.7",
	Provoked: "while the server is stopped, a client sends 32 KiB and half-closes; then the server goes on; one that breaks on SIGCONT is not stopped",
	Hint:     "serve until read returns 0, write everything before close, and do not set SO_LINGER to 0",
}, func(c *Case) {
	s := c.Launch()
	one := s.Serve(1)
	goOn, held := c.Hold(s)
	one[0].Send(protocol.Printable(c.Seed(2), 32<<10))
	one[0].HalfClose()
	if held {
		s.Prove(match.FinSent(one[0]))
		c.Did("sent 32 KiB and half-closed, all of it before the server read anything")
	} else {
		c.Did("sent 32 KiB and half-closed")
	}
	goOn()
	s.ExpectEventually(match.AnsweredAndEnded(one...))
})
