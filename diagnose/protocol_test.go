package diagnose

import (
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
		r := run(nil, nil, failure("http/get", c.evidence))
		r.Target.Protocol = "http"
		cause := causes(t, r, nil)[0]
		if cause.ID != c.id || !strings.Contains(cause.Hint, c.hint) {
			t.Errorf("%s: %s, want %s with %q", cause.ID, cause.Hint, c.id, c.hint)
		}
	}
}
