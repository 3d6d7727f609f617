package suite

import (
	"fmt"
	"strings"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

var _ = Require(Requirement{
	ID: "http/ends", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again", closesInParent},
	Title:    "ends the connection after HTTP/1.0, and after Connection: close",
	Rule:     "a server that was asked for the end closes the connection after its response; so does one that was asked in HTTP/1.0 without keep-alive",
	Why:      "the client waits for the end: of the body, where no length is declared, and of the connection in any case",
	Source:   "RFC 9112 §9.3, §9.6",
	Provoked: "one client sends GET in HTTP/1.0, another GET in HTTP/1.1 with Connection: close; each reads to the end",
	Hint:     "close the connection when the response is sent, in the child and in the parent",
}, func(c *Case) {
	s := browse(c)
	for _, r := range []request{get(c, 0), get(c, 1, "Connection: close")} {
		v := ask(c, s, r)
		v.final()
		v.expectEnd(map[int]string{0: "after a request of HTTP/1.0", 1: "after Connection: close"}[r.minor], closesInParent)
		v.leave()
	}
})

var _ = Require(Requirement{
	ID: "http/says-close", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "says Connection: close in a response of HTTP/1.1 after which it ends",
	Rule:     "connections of HTTP/1.1 persist unless one side says close: a server that does not persist says so in each response",
	Why:      "a client that sends its next request meanwhile does not know whether it was carried out",
	Source:   "RFC 9112 §9.3, §9.6",
	Provoked: "one client sends GET in HTTP/1.1 and says nothing of the end; whether the server ends by itself is seen when it is at rest",
	Hint:     "send \"Connection: close\\r\\n\" among the fields; or answer in HTTP/1.0, in which the end is the rule",
}, func(c *Case) {
	s := eleven(c)
	v := ask(c, s, get(c, 1))
	one := v.final()
	if v.ended() && !one.Says("Connection", "close") {
		v.fail("the response says Connection: close, or the connection persists", fmt.Sprintf("the server ended the connection after %q, which does not say so", one.Line))
	}
	v.leave()
})

var _ = Require(Requirement{
	ID: "http/persistent", Level: report.Should, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "serves several requests on one connection of HTTP/1.1",
	Rule:     "a server reads the next request behind the one before, and answers in the order in which they came",
	Why:      "a connection for each image and style costs a handshake each; what was read beyond one request is the next",
	Source:   "RFC 9112 §9.3, §9.3.2",
	Provoked: "one client sends GET, then another GET, then GET and HEAD in one segment",
	Hint:     "loop over requests, and keep what was read beyond the end of one: it is the beginning of the next",
}, func(c *Case) {
	s := eleven(c)
	v := ask(c, s, get(c, 1))
	want := v.final().Status
	if v.ended() {
		v.fail("the connection persists after the first response", "the server ended it after the first response")
	}
	v.ask(get(c, 1))
	v.expectStatus("the second request on the connection is answered as the first", func(status int) bool { return status == want && len(v.finals()) == 2 })
	head := request{method: "HEAD", target: c.Path(), minor: 1}
	v.say(get(c, 1).head()+head.head(), get(c, 1), head)
	if list := v.finals(); len(list) != 4 || list[2].Status != want || list[3].Status != want || !v.one.History().Answered() {
		v.fail("two requests in one segment are answered, in order", fmt.Sprintf("%d of 4 responses came; %s", len(list), v.heard()))
	}
	v.leave()
})

var _ = Require(Requirement{
	ID: "http/length-and-chunked", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again", "http/ends"},
	Title:    "ends the connection after a request with both Content-Length and Transfer-Encoding",
	Rule:     "such a request may be an attempt to smuggle another one: a server rejects it, or goes by the chunks, and closes the connection after the response",
	Why:      "where a proxy and the server count differently, the rest of one client's request is taken for the next of another's",
	Source:   "RFC 9112 §6.1, §11.2",
	Provoked: "one client sends GET with Content-Length: 5 and Transfer-Encoding: chunked, and a body of no chunk, which is 5 bytes long",
	Hint:     "if both are there: answer 400, or read the chunks; and close the connection in any case",
}, func(c *Case) {
	s := eleven(c)
	both := get(c, 1, "Content-Length: 5", "Transfer-Encoding: chunked")
	both.body = noChunk
	v := ask(c, s, both)
	v.expectReaction()
	v.expectEnd("after both", "http/ends")
	v.leave()
})

// noChunk is a chunked body without any data.
const noChunk = "0\r\n\r\n"

// bodySize is that of the bodies of http/post, in bytes: more than one read takes.
const bodySize = 20_000

var _ = Require(Requirement{
	ID: "http/post", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "takes the whole body of a POST",
	Rule:     "a server reads the body that the request declares, by Content-Length or in chunks, before the next request; it answers Expect: 100-continue with 100, or with a final status",
	Why:      "what is left of a body is taken for the next request, and a client that waits for 100 waits for ever",
	Source:   "RFC 9112 §6, §7.1; RFC 9110 §9.3.3, §10.1.1",
	Provoked: "with --http-post PATH: clients send POST with 20,000 bytes, by length, in chunks, and after 100-continue; then GET on the same connection",
	Hint:     "read exactly Content-Length bytes, or to the end of the chunk of size 0; send \"HTTP/1.1 100 Continue\\r\\n\\r\\n\" before you read, when it is asked for",
}, func(c *Case) {
	if c.Post() == "" {
		c.NotApplicable("no path is named that takes a body: --http-post PATH")
	}
	s := browse(c)
	body := strings.Repeat("0123456789", bodySize/10)
	length := fmt.Sprintf("Content-Length: %d", bodySize)
	first := post(c, 0, length)
	first.body = body
	if v := expectTaken(c, s, first); v.talk.Responses()[0].Minor == 0 {
		return
	}
	first.minor = 1
	expectTaken(c, s, first)
	chunked := post(c, 1, "Transfer-Encoding: chunked")
	chunked.body = fmt.Sprintf("%x\r\n%s\r\n%x;last=yes\r\n%s\r\n0\r\n\r\n", bodySize/2, body[:bodySize/2], bodySize/2, body[bodySize/2:])
	expectTaken(c, s, chunked)
	expectContinued(c, s, post(c, 1, length, "Expect: 100-continue"), body)
})

func post(c *Case, minor int, fields ...string) request {
	return request{method: "POST", target: c.Post(), minor: minor, fields: append(fields, "Content-Type: text/plain")}
}

func isSuccess(status int) bool { return status >= 200 && status < 300 }

// expectTaken has a client send a request with a body, and holds the server to answering
// it, and the next one on the same connection, if that persists.
func expectTaken(c *Case, s *Server, r request) visit {
	v := ask(c, s, r)
	v.expectStatus("the request is answered with 2xx", isSuccess)
	expectNext(v, r)
	return v
}

// expectNext holds the server to finding the beginning of the request behind a body.
func expectNext(v visit, r request) {
	ended := v.ended()
	if extra, first := v.talk.Surplus(); extra > 0 {
		v.fail("the body belongs to its request", fmt.Sprintf("behind the response, more came, as if the body were a request: %q", first))
	}
	if r.minor > 0 && !ended {
		v.ask(get(v.c, 1))
		before := len(v.finals())
		v.expectStatus("the request behind the body is answered", func(status int) bool { return before > 1 && status != 400 })
	}
	v.leave()
}

// expectContinued has a client send a head, wait for a response, and send the body after
// 100.
func expectContinued(c *Case, s *Server, r request, body string) {
	v := ask(c, s, r)
	v.s.Reaches(match.Served(v.one))
	list := v.talk.Responses()
	switch {
	case len(list) == 0:
		v.fail("Expect: 100-continue is answered with 100, or a final status", "")
	case list[0].Final():
		v.leave()
		return
	}
	v.one.Send(protocol.Text(body))
	v.expectStatus("the request is answered with 2xx", isSuccess)
	expectNext(v, r)
}
