package diagnose

import (
	"cmp"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
)

// TestNamesTheFlag holds which flag the hint names for a server that is no echo server
// on purpose.
func TestNamesTheFlag(t *testing.T) {
	for name, c := range map[string]struct {
		failed []report.Requirement
		id     string
		flags  []string
	}{
		"greets": {[]report.Requirement{
			failure("echo/exact", wrong(0, `hello\n`, `Welcome\nhello\n`, false)),
			failure("echo/dribble", wrong(0, `one by one\n`, `Welcome\none by one\n`, false)),
		}, "greets", []string{"--greeting any"}},
		"speaks HTTP": {[]report.Requirement{failure("echo/exact", wrong(0, `hello\n`, `HTTP/1.1 400 Bad Request\r\n`, false))},
			"other-protocol", []string{"--protocol http"}},
		"answers lines": {[]report.Requirement{failure("echo/exact", wrong(0, `hello\n`, `ERR unknown command\n`, false))},
			"does-not-echo", []string{"--protocol line", "--protocol silent"}},
	} {
		t.Run(name, func(t *testing.T) {
			first := causes(t, run(nil, nil, c.failed...), nil)[0]
			if first.ID != c.id {
				t.Errorf("the first cause is %s, want %s", first.ID, c.id)
			}
			for _, flag := range c.flags {
				if !strings.Contains(first.Hint, flag) {
					t.Errorf("%q does not name %s", first.Hint, flag)
				}
			}
		})
	}
}

// TestSpeaksAnother holds what is told of a server by the first bytes of its reply: by what
// it was judged, what it speaks, and the flags for that.
func TestSpeaksAnother(t *testing.T) {
	for _, c := range []struct{ judged, got, says, flags string }{
		{"", `HTTP/1.1 400 Bad Request\r\n`, "speaks HTTP: it is no echo server", "--protocol http"},
		{"", `SSH-2.0-dropbear\r\n`, "speaks SSH: it is no echo server", "--protocol silent"},
		{"", `220 host ESMTP Postfix\r\n`, "speaks SMTP: it is no echo server", `--protocol learned --send 'NOOP\r\n'`},
		{"", `220-Welcome to the FTP server\r\n`, "speaks FTP: it is no echo server", `--send 'NOOP\r\n'`},
		{"", `220 ready\r\n`, "speaks SMTP or FTP: it is no echo server", `--send 'NOOP\r\n'`},
		{"", `\x15\x03\x01\x00\x02\x02F`, "speaks TLS: it is no echo server", "no TLS"},
		{"", `+OK POP3 ready\r\n`, "speaks POP3: it is no echo server", `--send 'CAPA\r\n'`},
		{"", `* OK IMAP4rev1\r\n`, "speaks IMAP: it is no echo server", `--send 'a NOOP\r\n'`},
		{"http", `SSH-2.0-dropbear\r\n`, "speaks SSH: it is no web server", "--protocol silent"},
		{"http", `220 host ESMTP Postfix\r\n`, "speaks SMTP: it is no web server", `--send 'NOOP\r\n'`},
		{"http", `\x15\x03\x01\x00\x02\x02F`, "speaks TLS: it is no web server", "no TLS"},
		{"http", `GET / HTTP/1.0\r\nHost: localhost\r\n`, "speaks echo: it is no web server", "--protocol echo"},
	} {
		first := "echo/exact"
		if c.judged == "http" {
			first = "http/get"
		}
		r := run(nil, nil, failure(first, wrong(0, "", c.got, c.judged == "http")))
		r.Target.Protocol = c.judged
		cause := causes(t, r, nil)[0]
		if cause.ID != "other-protocol" || !strings.Contains(cause.Title, c.says) || !strings.Contains(cause.Hint, c.flags) {
			t.Errorf("%q judged by %q: %s: %s (%s), want %q and %q", c.got, c.judged, cause.ID, cause.Title, cause.Hint, c.says, c.flags)
		}
	}
}

// TestWebServers holds what is told of web servers by their wrong replies.
func TestWebServers(t *testing.T) {
	https := wrong(9, "", `HTTP/1.1 400 Bad Request`, true)
	https.Clients[0].Wrong.Because = "the server answers GET / with 400, as its port is one of HTTPS"
	for _, c := range []struct {
		evidence *report.Evidence
		id, hint string
	}{
		{https, "https-port", "plain HTTP"},
		{wrong(0, "", `<html>hello`, true), "answers-without-head", "200 OK"},
	} {
		c.evidence.Clients[0].Wrong.Because = cmp.Or(c.evidence.Clients[0].Wrong.Because, "the response does not begin with a status line")
		r := run(nil, nil, failure("http/get", c.evidence))
		r.Target.Protocol = "http"
		cause := causes(t, r, nil)[0]
		if cause.ID != c.id || !strings.Contains(cause.Hint, c.hint) {
			t.Errorf("%s: %s, want %s with %q", cause.ID, cause.Hint, c.id, c.hint)
		}
	}
}

// TestTellsWhatWasFound holds that what a web server does wrong is told by what was found:
// the same requirement can fail for several reasons.
func TestTellsWhatWasFound(t *testing.T) {
	for _, c := range []struct{ id, found, cause string }{
		{"http/status-line", `no space follows the status code, which it must even where no reason does ("HTTP/1.1 200")`, "status-without-space"},
		{"http/status-line", `the status line ends in LF alone, not in CRLF ("HTTP/1.1 200 OK")`, "http/status-line"},
		{"http/status-line", "the server reset the connection without an answer", "http/status-line"},
		{"http/fields", `a line of the head ends in LF alone, not in CRLF: "A: b"`, "ends-lines-in-lf"},
		{"http/fields", `a field is continued on the next line (folding): " b"`, "http/fields"},
		{"http/length", `the response declares 4 bytes, and 1 more came: "x"`, "length-one-short"},
		{"http/same-for-all", "client 9 got 200, and 5 bytes, which are others", "another-page-to-some"},
		{"http/dribble", `when "G" had come, the answer is "HTTP/1.0 200 OK"`, "one-read-per-request"},
		{"http/head", `5 bytes came behind its head: "hello"`, "body-to-head"},
		{"http/not-found", `the answer is "HTTP/1.0 200 OK"`, "ok-without-file"},
		{"http/bad-request", `the answer is "HTTP/1.0 200 OK"`, "takes-any-line"},
		{"http/bad-request", "no answer came, and the connection is open", "http/bad-request"},
		{"http/unknown-method", `the answer is "HTTP/1.0 200 OK"`, "any-method-is-get"},
		{"http/host", `the answer is "HTTP/1.1 200 OK"`, "needs-no-host"},
		{"http/host", "the server ended the connection without an answer", "http/host"},
		{"http/space-before-colon", `the answer is "HTTP/1.1 200 OK"`, "trims-names"},
		{"http/bad-length", `the answer is "HTTP/1.1 200 OK"`, "length-by-atoi"},
		{"http/bad-length", "no answer came, and the connection is open", "length-by-atoi"},
		{"http/bad-length", `the answer is "HTTP/1.1 501 Not Implemented"`, "http/bad-length"},
		{"http/long-target", "no answer came, and the connection is open", "loses-end-of-long-line"},
		{"http/large-fields", "no answer came, and the connection is open", "waits-out-large-fields"},
		{"http/stays-in-root", `GET //etc/passwd brings /etc/passwd: "root:x:0:0:"`, "climbs-out"},
		{"http/post", `behind the response, more came, as if the body were a request: "HTTP/1.1 400"`, "leaves-the-body"},
	} {
		q := failure(c.id, &report.Evidence{Clients: []report.Client{{Name: "client 1"}}})
		q.Found = c.found
		r := run(nil, nil, q)
		r.Target.Protocol = "http"
		if cause := causes(t, r, nil)[0]; cause.ID != c.cause {
			t.Errorf("%s, %s: the cause is %s, want %s", c.id, c.found, cause.ID, c.cause)
		}
	}
}
