package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// webbing are the requirements that a server fails which is judged as a web server and is
// none.
var webbing = []string{"http/get", "http/length", "concurrency/many", "concurrency/hundred"}

// A tongue is a protocol that is known by the first bytes of a reply.
type tongue struct {
	begins string
	// has is a word of the first bytes, in capitals; "" for none.
	has  string
	name string
	// flags are those by which such a server is judged.
	flags string
}

// tongues are the protocols that are known, the more exact before the others.
var tongues = []tongue{
	{"HTTP/", "", "HTTP", "--protocol http"},
	{"SSH-", "", "SSH", "--protocol silent, which sends nothing"},
	{"220", "SMTP", "SMTP", `--protocol learned --send 'NOOP\r\n'`},
	{"220", "FTP", "FTP", `--protocol learned --send 'NOOP\r\n'`},
	{"220 ", "", "SMTP or FTP", `--protocol learned --send 'NOOP\r\n'`},
	{"220-", "", "SMTP or FTP", `--protocol learned --send 'NOOP\r\n'`},
	{"\x15\x03", "", "TLS", "--protocol silent, as forkproof speaks no TLS; or turn TLS off for the check"},
	{"+OK", "", "POP3", `--protocol learned --send 'CAPA\r\n'`},
	{"* OK", "", "IMAP", `--protocol learned --send 'a NOOP\r\n'`},
	{"GET /", "", "echo", "--protocol echo"},
}

// spokenBy returns the protocol that a wrong reply begins like, when that is not the one
// that the server is judged by; nil when it is none known.
func spokenBy(protocol string, q report.Requirement) *tongue {
	wrong, _, got := reply(q)
	if wrong == nil || wrong.Offset > 0 {
		return nil
	}
	i := slices.IndexFunc(tongues, func(t tongue) bool {
		own := strings.ToLower(t.name) == protocol || protocol == "" && t.name == "echo"
		return !own && strings.HasPrefix(got, t.begins) && strings.Contains(strings.ToUpper(got), t.has)
	})
	if i < 0 {
		return nil
	}
	return &tongues[i]
}

// spokens returns the causes of servers that speak another protocol than the one that they
// are judged by.
func spokens() []entry {
	other := func(protocol string, e entry) entry {
		e.id, e.named, e.signs = "other-protocol", true, []string{"speaks-known"}
		e.hintFor = func(q report.Requirement) string {
			t := spokenBy(protocol, q)
			return fmt.Sprintf("%s; if it speaks %s on purpose, judge it with %s", e.hints[C], t.name, t.flags)
		}
		return e
	}
	return []entry{
		other("", entry{
			echo: true, breaks: echoing,
			tells: func(q report.Requirement) string {
				return fmt.Sprintf("The server speaks %s: it is no echo server.", spokenBy("", q).name)
			},
			hints: map[Language]string{C: "build the echo server that the exercise asks for"},
		}),
		other("http", entry{
			web: true, breaks: webbing,
			tells: func(q report.Requirement) string {
				return fmt.Sprintf("The server speaks %s: it is no web server.", spokenBy("http", q).name)
			},
			hints: map[Language]string{C: "build the web server that the exercise asks for"},
		}),
		{
			id: "https-port", named: true, web: true, breaks: webbing, signs: []string{"https-port"},
			title: "The server expects TLS: it answers a request in plain HTTP with 400.",
			hints: map[Language]string{C: "forkproof speaks no TLS: have the server listen for plain HTTP too, or judge it with --protocol silent"},
		},
	}
}
