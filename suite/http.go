package suite

import (
	"fmt"
	"time"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/clients/protocol/response"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

var _ = Require(Requirement{
	ID: "http/get", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"launch/listens"},
	Title:    "answers GET of the path with a complete response",
	Rule:     "a response is a status line, fields, an empty line, and a body of the length that is declared",
	Why:      "a browser shows an error, or waits for the rest, when any of these is missing",
	Source:   "RFC 9112 §2.1; RFC 9110 §9.3.1; RFC 1945 §6",
	Provoked: "one client sends GET of the path (--path, / without it) in HTTP/1.0; nothing may come before; 400 and 5xx are wrong answers to it, 404 is none",
	Hint:     "read the request to its empty line; send \"HTTP/1.0 200 OK\\r\\n\", the fields, \"\\r\\n\", and then the body; close the connection when all is sent",
}, func(c *Case) {
	s := c.Launch()
	one := s.Connect(1)
	s.Rest()
	if n := one[0].History().Received; n > 0 { // closed with the request unread, it would be reset
		c.Fail(match.Finding{
			Expected: "the server answers when it is asked",
			Found:    fmt.Sprintf("%s got %d bytes before it had sent any", one[0].Name, n), Clients: one,
		})
	}
	s.Say(one)
	s.Expect(match.Answered(one...))
	c.Dismiss() // whether it serves another client is a matter of launch/serves-again
})

var _ = Require(Requirement{
	ID: "http/status-line", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "begins its response with a status line of the right form",
	Rule:     "the status line is HTTP/1.1 SP three digits SP, a reason or none, CRLF; the second space stands even where there is no reason",
	Why:      "some clients take what they cannot parse for a body of HTTP/0.9, others end the connection",
	Source:   "RFC 9112 §4",
	Provoked: "clients send GET of the path, in HTTP/1.0 and in HTTP/1.1; the first line is read byte by byte",
	Hint:     "send \"HTTP/1.1 200 OK\\r\\n\" as the very first bytes, with both spaces, and CRLF at its end",
}, func(c *Case) { expectGrammar(c, response.StatusLine) })

var _ = Require(Requirement{
	ID: "http/fields", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "sends header fields of the right form",
	Rule:     "a field is a name, a colon right behind it, a value and CRLF; an empty line of CRLF ends the head",
	Why:      "proxies and browsers disagree on malformed fields, which is how responses are smuggled",
	Source:   "RFC 9112 §2.2, §5, §5.1, §5.2",
	Provoked: "clients send GET of the path, in HTTP/1.0 and in HTTP/1.1; each line of the head is read byte by byte",
	Hint:     "end each line with \\r\\n, also the empty one; write no space before a colon, and each field in one line",
}, func(c *Case) { expectGrammar(c, response.FieldLines) })

// twice has a client ask for the path in HTTP/1.0, and another in HTTP/1.1, and judges
// what each hears.
func twice(c *Case, s *Server, judge func(v visit, one response.Response)) {
	for _, r := range []request{get(c, 0), get(c, 1, "Connection: close")} {
		v := ask(c, s, r)
		judge(v, v.final())
		v.leave()
	}
}

func expectGrammar(c *Case, rule response.Rule) {
	twice(c, browse(c), func(v visit, one response.Response) {
		if breach := one.Breach(rule); breach != "" {
			v.fail("the head of the response follows the grammar", fmt.Sprintf("%s (%q)", breach, one.Line))
		}
	})
}

var _ = Require(Requirement{
	ID: "http/length", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "sends as many bytes of body as it declares",
	Rule:     "Content-Length is the number of bytes of the body; or the body comes in chunks; or the end of the connection ends it",
	Why:      "a client cuts off what is too much, or takes it for the next response, and waits for what is missing",
	Source:   "RFC 9112 §6, §6.1, §6.3, §7.1",
	Provoked: "clients send GET of the path, in HTTP/1.0 and in HTTP/1.1, and count what comes until the server is at rest",
	Hint:     "count the bytes of the body after it is made, not its characters; st_size of fstat for a file",
}, func(c *Case) {
	c.NeedsMet("launch/serves-again")
	s := c.Launch()
	twice(c, s, func(v visit, one response.Response) {
		v.ended()
		if extra, first := v.talk.Surplus(); extra > 0 {
			v.fail("no byte comes behind the body", fmt.Sprintf("the response declares %d bytes, and %d more came: %q", one.Declared, extra, first))
		}
		if breach := one.Breach(response.BodyLength); breach != "" {
			v.fail("where the body ends is declared in one way, which the client understands", breach)
		}
	})
})

// clockTick is how far apart two calm clients come: a clock's second has changed.
const clockTick = time.Second + 10*time.Millisecond

var _ = Require(Requirement{
	ID: "http/same-for-all", Level: report.Must, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again", "concurrency/many"},
	Title:    "sends twenty clients at once the same representation",
	Rule:     "each connection is served by itself: what one client gets does not depend on the others",
	Why:      "buffers and descriptors that are shared between clients show only when many ask at once",
	Source:   "RFC 9110 §3.3, Connections, Clients, and Servers; UNP 3rd ed. §4.8",
	Provoked: "two calm clients learn status and body; 20 connect and ask at the same moment; n/a where the calm ones get different ones",
	Hint:     "keep the buffer of a connection in its child (or thread), and open the file there, too",
}, func(c *Case) {
	s := browse(c)
	calm := ask(c, s, get(c, 0))
	want := calm.final()
	calm.leave()
	s.LetPass(clockTick)
	calm = ask(c, s, get(c, 0))
	if again := calm.final(); again.Sum != want.Sum || again.Status != want.Status {
		c.NotApplicable("what it sends varies: two calm clients get different representations")
	}
	calm.leave()
	const all = 20
	for came, most := 0, c.AtOnce(all); came < all; came += most {
		expectSame(c, s, min(most, all-came), want)
	}
})

// expectSame has n clients ask at the same moment, and holds the server to sending each the
// same.
func expectSame(c *Case, s *Server, n int, want response.Response) {
	var some []visit
	var group Group
	for range n {
		v := visitOf(c, s)
		some, group = append(some, v), append(group, v.one)
	}
	for _, v := range some {
		v.talk.Expect("GET", 0)
		v.one.Spoke()
		v.one.Send(protocol.Text(get(c, 0).head()))
	}
	c.Did("%s asked for %s at the same moment", group.Names(), c.Path())
	s.Needs(match.Answered(group...))
	for _, v := range some {
		if one := v.final(); one.Sum != want.Sum || one.Status != want.Status {
			v.fail(fmt.Sprintf("every client gets what a calm one got: %d, and %d bytes of body", want.Status, want.Body),
				fmt.Sprintf("%s got %d, and %d bytes, which are others", v.one.Name, one.Status, one.Body))
		}
	}
	s.Leave(group)
}

var _ = Require(Requirement{
	ID: "http/dribble", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "takes a request that comes in pieces",
	Rule:     byteStream,
	Why:      "a server that takes one read for the whole request works on loopback, and fails with long cookies or over a slow line",
	Source:   "RFC 9112 §2.2; RFC 9293 §3.8; UNP 3rd ed. §3.9",
	Provoked: "one client sends a request byte by byte, each taken by the server before the next; then one client for each place at which the request can be cut",
	Hint:     "read until the head has its empty line (\\r\\n\\r\\n), in a loop, and only then look at it",
}, func(c *Case) {
	s := browse(c)
	text := get(c, 0).head()
	pieces := make([]string, len(text))
	for i := range text {
		pieces[i] = text[i : i+1]
	}
	expectWhole(c, s, pieces...)
	c.Did("sent %q byte by byte", text)
	for cut := 1; cut < len(text); cut++ {
		expectWhole(c, s, text[:cut], text[cut:])
	}
	c.Did("sent it in two pieces, cut at each of its %d places", len(text)-1)
})

// expectWhole has a client send a request in pieces, each when the server has taken the
// one before, and holds the server to answering it, and not before its first line is whole.
func expectWhole(c *Case, s *Server, pieces ...string) {
	v := visitOf(c, s)
	v.talk.Expect("GET", 0)
	line := len(pieces)
	sent := ""
	for i, piece := range pieces {
		if v.one.History().Ended() {
			break
		}
		v.one.Send(protocol.Text(piece))
		sent += piece
		if i == len(pieces)-1 {
			break
		}
		s.Reaches(match.Taken(v.one))
		s.Rest()
		if h := v.one.History(); h.Received > 0 || h.Ended() {
			line = i
			break
		}
	}
	if one := v.finals(); len(one) == 0 || one[0].Status == 400 || one[0].Status >= 500 || line < len(pieces) && !hasLine(sent) {
		v.fail("a request that comes in pieces is answered as one that comes whole",
			fmt.Sprintf("when %q had come, %s", sent, v.heard()))
	}
	v.leave()
}

// hasLine reports whether the first line of a request is there.
func hasLine(text string) bool {
	for i := range text {
		if text[i] == '\n' {
			return true
		}
	}
	return false
}

var _ = Require(Requirement{
	ID: "http/head", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "answers HEAD as GET, without a body",
	Rule:     "the response to HEAD has the status and the fields of that to GET, and no body",
	Why:      "a client takes the body for the next response; browsers, caches and monitors ask with HEAD",
	Source:   "RFC 9110 §9.3.2, §9.1; RFC 9112 §6.3",
	Provoked: "one client sends GET of the path, another HEAD, and counts what comes behind the head",
	Hint:     "make the head as for GET, with its Content-Length, and leave out the body",
}, func(c *Case) {
	s := browse(c)
	page := ask(c, s, get(c, 0))
	want := page.final()
	page.leave()
	v := ask(c, s, request{method: "HEAD", target: c.Path()})
	head := v.final()
	v.ended()
	if extra, first := v.talk.Surplus(); extra > 0 {
		v.fail("the response to HEAD has no body", fmt.Sprintf("%d bytes came behind its head: %q", extra, first))
	}
	if head.Status != want.Status {
		v.fail(fmt.Sprintf("HEAD is answered with the status of GET, %d", want.Status), "")
	}
	v.leave()
})
