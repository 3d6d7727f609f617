package suite

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/clients/protocol/response"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
)

var _ = Require(Requirement{
	ID: "http/not-found", Level: report.Should, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "answers an unknown path with 404",
	Rule:     "404 says that the server has nothing under that name; another 4xx says as much",
	Why:      "a status of 200 has clients, caches and search engines keep the error page as the resource",
	Source:   "RFC 9110 §15.5.5",
	Provoked: "one client sends GET of a path that no server has",
	Hint:     "when the file cannot be opened, send \"HTTP/1.0 404 Not Found\\r\\n\" as the status line",
}, func(c *Case) {
	v := ask(c, browse(c), request{method: "GET", target: fmt.Sprintf("/no-such-file-%d", c.Seed(4))})
	v.expectStatus("the path is answered with 404, or another 4xx", func(status int) bool { return status >= 400 && status < 500 })
})

var _ = Require(Requirement{
	ID: "http/bad-request", Level: report.Should, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again", closesInParent},
	Title:    "answers a malformed request line with 400, and ends",
	Rule:     "a server that receives a request line which it cannot parse answers 400 (Bad Request) and closes the connection",
	Why:      "a client that made a mistake and hears nothing waits, and so does the child that serves it",
	Source:   "RFC 9112 §3, §2.3",
	Provoked: "one client sends a head of one word, another one the version HTTP/1.x",
	Hint:     "check that the request line has three words, of which the last is HTTP/ and two digits with a dot; else answer 400 and close",
}, func(c *Case) {
	s := browse(c)
	for _, text := range []string{"HELLO\r\n\r\n", fmt.Sprintf("GET %s HTTP/1.x\r\nHost: localhost\r\n\r\n", c.Path())} {
		v := visitOf(c, s)
		v.say(text, get(c, 0))
		v.expectStatus("the request line is answered with 400, or another error", refuses)
		if !v.ended() {
			c.NeedsMet(closesInParent)
			v.fail("the connection ends after it", "the connection is open")
		}
		v.leave()
	}
})

var _ = Require(Requirement{
	ID: "http/unknown-method", Level: report.Should, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "answers an unknown method with 501 or 405",
	Rule:     "501 says that the server does not know the method, 405 that the resource does not allow it",
	Why:      "a server that takes any method for GET tells a client that its DELETE was carried out",
	Source:   "RFC 9110 §9.1, §15.5.6, §15.6.2",
	Provoked: "one client sends FROBNICATE of the path, in HTTP/1.0",
	Hint:     "compare the first word with GET and HEAD; answer anything else with 501 Not Implemented",
}, func(c *Case) {
	v := ask(c, browse(c), request{method: "FROBNICATE", target: c.Path()})
	v.expectStatus("the method is answered with 501 or 405", func(status int) bool { return status == 501 || status == 405 })
})

var _ = Require(Requirement{
	ID: "http/host", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "answers a request of HTTP/1.1 without Host with 400",
	Rule:     "a request of HTTP/1.1 that lacks the Host field is answered with 400",
	Why:      "on a machine with several sites nobody can tell whose page is asked for",
	Source:   "RFC 9112 §3.2; RFC 9110 §7.2",
	Provoked: "one client sends GET of the path in HTTP/1.1 with no Host field",
	Hint:     "count the Host fields: if the version is 1.1 and there is not exactly one, answer 400; or answer in HTTP/1.0",
}, func(c *Case) {
	v := visitOf(c, eleven(c))
	v.say(fmt.Sprintf("GET %s HTTP/1.1\r\nConnection: close\r\n\r\n", c.Path()), get(c, 1))
	v.expectStatus("a request without Host is answered with 400", isBadRequest)
})

var _ = Require(Requirement{
	ID: "http/space-before-colon", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again"},
	Title:    "rejects a field with a space before its colon",
	Rule:     "a server rejects, with 400, a request that has white space between a field's name and its colon",
	Why:      "a proxy that ignores such a Content-Length and a server that does not see two requests where there is one",
	Source:   "RFC 9112 §5.1",
	Provoked: "one client sends GET of the path in HTTP/1.1 with the line \"X-Test : 1\"",
	Hint:     "if a space or tab stands before the colon, answer 400; do not trim the name",
}, func(c *Case) {
	v := ask(c, eleven(c), get(c, 1, "X-Test : 1", "Connection: close"))
	v.expectStatus("the request is answered with 400", isBadRequest)
})

var _ = Require(Requirement{
	ID: "http/bad-length", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again", "http/ends"},
	Title:    "answers a Content-Length that is no number, or two that differ, with 400, and ends",
	Rule:     "where a request ends cannot be told then: the server answers 400 and closes the connection",
	Why:      "atoi takes 12x for 12 and abc for 0; the rest of the body is then the next request",
	Source:   "RFC 9112 §6.3",
	Provoked: "clients send GET of the path in HTTP/1.1 with Content-Length: 12x, and with one of 3 and one of 4",
	Hint:     "strtoull, and check that a digit comes first and nothing follows; remember whether there was one before",
}, func(c *Case) {
	s := eleven(c)
	for _, fields := range [][]string{{"Content-Length: 12x"}, {"Content-Length: 3", "Content-Length: 4"}} {
		v := ask(c, s, get(c, 1, fields...))
		v.expectStatus("the request is answered with 400", isBadRequest)
		v.expectEnd("where the end of the request is not known", "http/ends")
		v.leave()
	}
})

func isBadRequest(status int) bool { return status == 400 }

// large is how long a target, and all fields together, are in bytes.
const large = 64 << 10

var _ = Require(Requirement{
	ID: "http/long-target", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again", closesInParent},
	Title:    "answers a target of 64 KiB, or ends the connection, and serves on",
	Rule:     "a target that is longer than the server wishes to parse is answered with 414",
	Why:      "a fixed buffer that is not checked overflows; one that is full and not looked at keeps the child waiting for ever",
	Source:   "RFC 9112 §3; RFC 9110 §15.5.15",
	Provoked: "one client sends GET of a path that is 64 KiB long; another client is served after it",
	Hint:     "when the buffer is full and no line has ended, answer 414 and close",
}, func(c *Case) {
	v := ask(c, browse(c), request{method: "GET", target: "/" + strings.Repeat("a", large)})
	v.expectReaction()
	v.leave()
})

var _ = Require(Requirement{
	ID: "http/large-fields", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again", closesInParent},
	Title:    "answers a request with 64 KiB of fields, or ends the connection, and serves on",
	Rule:     "fields that are larger than the server wishes to process are answered with 431, or another 4xx",
	Why:      "a fixed buffer that is not checked overflows; one that is full and not looked at keeps the child waiting for ever",
	Source:   "RFC 9110 §5.4; RFC 6585 §5",
	Provoked: "one client sends GET of the path with 64 fields of 1 KiB; another client is served after it",
	Hint:     "when the buffer is full and the head has no end, answer 431 and close",
}, func(c *Case) {
	fields := make([]string, large>>10)
	for i := range fields {
		fields[i] = fmt.Sprintf("X-Large-%02d: %s", i, strings.Repeat("a", 1<<10-14))
	}
	v := ask(c, browse(c), get(c, 0, fields...))
	v.expectReaction()
	v.leave()
})

// outside are paths that lead out of the folder of a server which joins it with them.
var outside = []string{
	"/../../../../../../../../../../etc/passwd",
	"/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
	"/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
	"//etc/passwd",
	"/%2fetc/passwd",
}

// passwordLine finds a line in the form of passwd(5).
var passwordLine = regexp.MustCompile(`(?m)^[a-z_][a-z0-9_-]*:[^:\n]*:\d+:\d+:[^:\n]*:[^:\n]*:`)

var _ = Require(Requirement{
	ID: "http/stays-in-root", Level: report.Must, Connection: true, Protocol: HTTP,
	BuildsOn: []string{"http/get", "launch/serves-again", closesInParent},
	Title:    "never sends a file from outside of its folder",
	Rule:     "a path with .. in it, percent-encoded or not, must not lead out of the folder that is served",
	Why:      "anybody can read every file that the server can: keys, passwords, its own source",
	Source:   "RFC 9110 §17.3; RFC 3986 §5.2.4",
	Provoked: "clients ask for /etc/passwd by paths with .., with %2e%2e and %2f, and with two slashes; the body is searched for lines of passwd(5)",
	Hint:     "decode first, then resolve (realpath, or openat2 with RESOLVE_BENEATH), and compare with the folder",
}, func(c *Case) {
	s := browse(c)
	for _, target := range outside {
		v := ask(c, s, request{method: "GET", target: target})
		v.expectReaction()
		for _, one := range v.talk.Responses() {
			if line := passwords(one); line != nil {
				mustHaveOutside(c, s)
				v.fail("no file from outside of the folder is sent", fmt.Sprintf("GET %s brings /etc/passwd: %q", target, line))
			}
		}
		v.leave()
	}
})

// passwords returns a line of passwd(5) in the body of a response; nil when there is none.
func passwords(r response.Response) []byte {
	if r.Status != http.StatusOK {
		return nil
	}
	return passwordLine.Find(r.Beginning)
}

// mustHaveOutside ends the spec when the server is started in the root directory, works
// there and serves it: that is what the person who started it asked for. One that goes
// there by itself serves what it should not.
func mustHaveOutside(c *Case, s *Server) {
	if s.StartedIn() != "/" {
		return
	}
	v := ask(c, s, request{method: "GET", target: "/etc/passwd"})
	v.expectReaction()
	brings := slices.ContainsFunc(v.talk.Responses(), func(r response.Response) bool { return passwords(r) != nil })
	if brings && slices.ContainsFunc(s.Rest().Live(), worksInRoot) {
		c.NotApplicable("the server is started in the root directory and serves it: no file lies outside")
	}
}

func worksInRoot(p observe.Process) bool {
	is, err := observe.WorksInRoot(p.ID)
	return is && err == nil
}
