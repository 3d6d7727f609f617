package suite

import (
	"fmt"
	"strings"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/clients/protocol/response"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

// A request of HTTP/1.minor. Fields are lines without their ends; a request of HTTP/1.1 has
// a Host field besides.
type request struct {
	method, target string
	minor          int
	fields         []string
	body           string
}

// head returns the request without its body.
func (r request) head() string {
	lines := []string{fmt.Sprintf("%s %s HTTP/1.%d", r.method, r.target, r.minor)}
	if r.minor > 0 {
		lines = append(lines, "Host: localhost")
	}
	return strings.Join(append(lines, r.fields...), "\r\n") + "\r\n\r\n"
}

// get is a GET of the path that is judged.
func get(c *Case, minor int, fields ...string) request {
	return request{method: "GET", target: c.Path(), minor: minor, fields: fields}
}

// browse starts a server that is known to answer the ordinary request, of one client after
// another.
func browse(c *Case) *Server {
	c.NeedsMet("http/get")
	c.NeedsMet("launch/serves-again")
	return c.Launch()
}

// eleven starts a server that speaks HTTP/1.1: what its status line says decides.
func eleven(c *Case) *Server {
	s := browse(c)
	v := ask(c, s, get(c, 1, "Connection: close"))
	if one := v.final(); one.Major == 1 && one.Minor == 0 {
		c.NotApplicable("its status line says HTTP/1.0, and only HTTP/1.1 asks for this")
	}
	v.leave()
	return s
}

// A visit is a client of the chapter http with what it hears.
type visit struct {
	c    *Case
	s    *Server
	one  *match.Client
	talk *protocol.HTTPRecorder
}

// visitOf connects a client that has not asked anything yet.
func visitOf(c *Case, s *Server) visit {
	talk := new(protocol.HTTPRecorder)
	v := visit{c, s, s.DialAs(talk), talk}
	s.Needs(match.Connected(v.one))
	return v
}

// ask has a client of its own send a request.
func ask(c *Case, s *Server, r request) visit {
	v := visitOf(c, s)
	v.ask(r)
	return v
}

// ask sends a request.
func (v visit) ask(r request) { v.say(r.head()+r.body, r) }

// say sends bytes in one write, which are, or should be, some requests.
func (v visit) say(text string, requests ...request) {
	for _, r := range requests {
		v.talk.Expect(r.method, r.minor)
	}
	v.one.Spoke()
	v.one.Send(protocol.Text(text))
	line, _, _ := strings.Cut(text, "\r\n")
	if len(line) > longestTold {
		line = fmt.Sprintf("%s... (%d bytes)", line[:longestTold], len(text))
	}
	v.c.Did("%s sent %q", v.one.Name, line)
}

// longestTold is how much of a request a report tells, in bytes.
const longestTold = 50

// finals waits until all that was asked is answered, or the connection has ended, and
// returns the final responses.
func (v visit) finals() []response.Response {
	v.s.Reaches(match.Either(match.Answered(v.one), match.Ended(v.one)))
	var list []response.Response
	for _, r := range v.talk.Responses() {
		if r.Final() {
			list = append(list, r)
		}
	}
	return list
}

// final is finals for the last request. A server that does not answer it whole fails.
func (v visit) final() response.Response {
	list := v.finals()
	if !v.one.History().Answered() || len(list) == 0 {
		v.fail("the request is answered with a complete response", "")
	}
	return list[len(list)-1]
}

// closesInParent owns a connection that does not end though the child has closed it.
const closesInParent = "descriptors/parent-closes-connection"

// expectReaction holds the server to answering, whatever it says, or ending the connection.
func (v visit) expectReaction() {
	if len(v.finals()) == 0 && !v.one.History().Ended() {
		v.c.NeedsMet(closesInParent)
		v.fail("the request is answered, or the connection ends", "")
	}
}

// expectStatus holds the server to answering with one of some statuses.
func (v visit) expectStatus(expected string, right func(status int) bool) {
	list := v.finals()
	if len(list) == 0 || !right(list[len(list)-1].Status) {
		v.fail(expected, "")
	}
}

// expectEnd holds the server to ending the connection after its response, unless it fails
// one of the owners, which ask for that, too.
func (v visit) expectEnd(why string, owners ...string) {
	if !v.s.Reaches(match.Ended(v.one)) {
		for _, id := range owners {
			v.c.NeedsMet(id)
		}
		v.s.ExpectSoon(match.Ended(v.one))
	}
	v.c.Did("the server ended the connection, as it must %s", why)
}

// ended says whether the server ends the connection by itself, before it sleeps.
func (v visit) ended() bool { return v.s.Settles(match.Ended(v.one)) }

// leave has the client close.
func (v visit) leave() { v.s.Leave(Group{v.one}) }

// fail ends the spec. Without a text, what was found is what the client has heard. What is
// no HTTP is a matter of http/get.
func (v visit) fail(expected, found string) {
	if v.one.History().Wrong != nil {
		v.c.NeedsMet("http/get")
	}
	f := match.Finding{Clients: []*match.Client{v.one}}
	if wrong := v.s.Mismatch(match.Answered(v.one)); wrong != nil {
		f = *wrong
	}
	f.Expected, f.Found = expected, found
	if found == "" {
		f.Found = v.heard()
	}
	v.c.Fail(f)
}

// heard says what the client has heard.
func (v visit) heard() string {
	h, list := v.one.History(), v.talk.Responses()
	switch {
	case h.Wrong != nil:
		return fmt.Sprintf("what came is no HTTP: %v", h.Wrong)
	case len(list) == 0 && h.End == clients.ResetByPeer:
		return "the server reset the connection without an answer"
	case len(list) == 0 && h.Ended():
		return "the server ended the connection without an answer"
	case len(list) == 0:
		return "no answer came, and the connection is open"
	}
	last := list[len(list)-1]
	text := fmt.Sprintf("the answer is %q", last.Line)
	switch {
	case last.Complete:
	case last.Framing == response.Length:
		text += fmt.Sprintf(", and %d of the %d bytes came that Content-Length declares", last.Body, last.Declared)
	case last.Framing == response.Chunked:
		text += ", and its last chunk never came"
	default:
		text += ", and its head has no end"
	}
	return text
}

// refuses reports whether a status is an error, of the client or of the server.
func refuses(status int) bool { return status >= 400 && status < 600 }
