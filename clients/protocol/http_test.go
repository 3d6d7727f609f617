package protocol_test

import (
	"io"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/clients/protocol"
)

// TestHTTP checks the ordinary exchange, whatever the portions in which the response
// arrives.
func TestHTTP(t *testing.T) {
	for back, want := range map[string]struct {
		complete bool
		wrong    string
	}{
		"": {false, ""},
		"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi":      {true, ""},
		"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi, too": {true, ""}, // a matter of http/length
		"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhi":      {false, ""},
		"HTTP/1.0 200 OK\r\n\r\nhi":                           {true, ""},
		"HTTP/1.0 404 Not Found\r\n\r\nhi":                    {true, ""},
		"HTTP/1.1 400 Bad Request\r\n\r\n":                    {false, `the server answers GET /x with 400: "HTTP/1.1 400 Bad Request"`},
		"HTTP/1.1 503 Busy\r\n\r\n":                           {false, `the server answers GET /x with 503: "HTTP/1.1 503 Busy"`},
		"<html>hello":                                         {false, `the response does not begin with a status line: "<html>hello"`},
		"S":                                                   {false, `the response does not begin with a status line: "S"`},
	} {
		for size := 1; size <= max(1, len(back)); size++ {
			talk := protocol.HTTP{Path: "/x"}.Begin(1, 1)
			if complete, wrong := talk.Reply(); !complete || wrong != nil {
				t.Fatal("a client that asks nothing is owed something")
			}
			asks(talk, 1)
			for at := 0; at < len(back); at += size {
				talk.Receive([]byte(back[at:min(at+size, len(back))]))
			}
			complete, wrong := talk.Reply()
			said := ""
			if wrong != nil {
				said = wrong.Error()
			}
			if complete != want.complete || said != want.wrong || talk.Heard() != int64(len(back)) {
				t.Errorf("%q, %d bytes at a time: complete %t, wrong %q; want %t, %q", back, size, complete, said, want.complete, want.wrong)
			}
		}
	}
}

// TestHTTPRequests checks what clients send: one request each, whole or in two pieces.
func TestHTTPRequests(t *testing.T) {
	text := func(request io.ReaderAt, size int64) string {
		b := make([]byte, size)
		if n, err := request.ReadAt(b, 0); n < len(b) {
			t.Fatal(err)
		}
		return string(b)
	}
	const want = "GET /x HTTP/1.0\r\nHost: localhost\r\nUser-Agent: client/7\r\n\r\n"
	for _, deferred := range []bool{false, true} {
		talk := protocol.HTTP{Path: "/x", Deferred: deferred}.Begin(1, 7)
		held := text(talk.Hold())
		if again := text(talk.Hold()); again != "" || (held != "") != deferred {
			t.Errorf("held %q, then %q", held, again)
		}
		if got := held + text(talk.Next()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if more := text(talk.Next()); more != "" {
			t.Errorf("a second request: %q", more)
		}
	}
	long := text(protocol.HTTP{Path: "/x"}.Begin(1, 7).Long(2 << 10))
	if len(long) != 400 || !strings.HasSuffix(long, "\r\n\r\n") || !strings.HasPrefix(long, want[:len(want)-2]) {
		t.Errorf("a long request of %d bytes: %q", len(long), long)
	}
}
