package response_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/clients/protocol/response"
)

// TestReader reads responses in portions of every size.
func TestReader(t *testing.T) {
	const whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
	for name, test := range map[string]struct {
		method, text string
		answered     bool
		untilEnd     bool
		body         string
		surplus      int64
		wrong        string
		offset       int64
	}{
		"nothing":             {"GET", "", false, false, "", 0, "", 0},
		"half a head":         {"GET", whole[:20], false, false, "", 0, "", 0},
		"half a body":         {"GET", whole[:len(whole)-2], false, false, "hel", 0, "", 0},
		"whole":               {"GET", whole, true, false, "hello", 0, "", 0},
		"more than whole":     {"GET", whole + "!!", true, false, "hello", 2, "", 0},
		"until the end":       {"GET", "HTTP/1.0 200 OK\r\n\r\nhello", true, true, "hello", 0, "", 0},
		"chunked":             {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n", true, false, "hello", 0, "", 0},
		"chunks without end":  {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false, false, "hello", 0, "", 0},
		"chunk too long":      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n", false, false, "hel", 0, "longer than its size", 53},
		"no size":             {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false, false, "", 0, "no hexadecimal number", 47},
		"HEAD":                {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, false, "", 0, "", 0},
		"HEAD with a body":    {"HEAD", whole, true, false, "", 5, "", 0},
		"not modified":        {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", true, false, "", 0, "", 0},
		"interim":             {"POST", "HTTP/1.1 100 Continue\r\n\r\n", false, false, "", 0, "", 0},
		"interim, then final": {"POST", "HTTP/1.1 100 Continue\r\n\r\n" + whole, true, false, "hello", 0, "", 0},
		"line ends of LF":     {"GET", "HTTP/1.0 200 OK\nContent-Length: 5\n\nhello", true, false, "hello", 0, "", 0},
		"no HTTP":             {"GET", "SSH-2.0-dropbear\r\n", false, false, "", 0, "does not begin with a status line", 0},
		"no status":           {"GET", "HTTP/1.1 OK\r\n\r\n", false, false, "", 0, "cannot be read", 0},
		"no length":           {"GET", "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n", false, false, "", 0, `no number: "five"`, 39},
		"two lengths":         {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", false, false, "", 0, "5, 6", 55},
	} {
		for size := 1; size <= max(1, len(test.text)); size++ {
			var r response.Reader
			r.Expect(test.method, 1)
			for at := 0; at < len(test.text); at += size {
				r.Receive([]byte(test.text[at:min(at+size, len(test.text))]))
			}
			body := ""
			if list := r.Responses(); len(list) > 0 {
				body = string(list[len(list)-1].Beginning)
			}
			surplus, _ := r.Surplus()
			because, offset := "", int64(0)
			if w := r.Wrong(); w != nil {
				because, offset = w.Because, w.Offset
				if at := int(w.Offset); !strings.HasPrefix(test.text[at:], string(w.Got)) {
					t.Errorf("%s: got %q at %d", name, w.Got, at)
				}
			}
			if r.Answered() != test.answered || r.UntilEnd() != test.untilEnd || body != test.body || surplus != test.surplus ||
				!strings.Contains(because, test.wrong) || (because == "") != (test.wrong == "") || offset != test.offset {
				t.Fatalf("%s, %d bytes at a time: answered %t, until the end %t, body %q, surplus %d, wrong %q at %d",
					name, size, r.Answered(), r.UntilEnd(), body, surplus, because, offset)
			}
		}
	}
}

// TestTwoResponses reads the responses to requests that were sent together.
func TestTwoResponses(t *testing.T) {
	var r response.Reader
	r.Expect("GET", 1)
	r.Expect("HEAD", 1)
	one := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
	r.Receive([]byte(one + "ab"))
	if r.Answered() {
		t.Error("the second request is taken for answered")
	}
	r.Receive([]byte(one))
	if list := r.Responses(); !r.Answered() || len(list) != 2 || list[0].Body != 2 || list[1].Body != 0 || list[0].Sum == list[1].Sum {
		t.Errorf("%+v", list)
	}
}

// TestBreaches holds what is told of a response that can be read all the same.
func TestBreaches(t *testing.T) {
	for text, want := range map[string]struct {
		rule response.Rule
		what string
	}{
		"HTTP/1.0 200 OK\r\nA: b\r\n\r\n":                                {-1, ""},
		"HTTP/1.0 200 \r\n\r\n":                                          {-1, ""},
		"HTTP/1.0 200\r\n\r\n":                                           {response.StatusLine, "no space follows"},
		"HTTP/1.0 200 OK\n\r\n":                                          {response.StatusLine, "LF alone"},
		"HTTP/1.0  200 OK\r\n\r\n":                                       {response.StatusLine, "not of the form"},
		"HTTP/1.0 200 OK\r\nA : b\r\n\r\n":                               {response.FieldLines, "space before the colon"},
		"HTTP/1.0 200 OK\r\nA: b\n\r\n":                                  {response.FieldLines, "LF alone"},
		"HTTP/1.0 200 OK\r\nA: b\r\n\n":                                  {response.FieldLines, "LF alone"},
		"HTTP/1.0 200 OK\r\nA: b\r\n c\r\n\r\n":                          {response.FieldLines, "folding"},
		"HTTP/1.0 200 OK\r\nhello\r\n\r\n":                               {response.FieldLines, "no colon"},
		"HTTP/1.0 200 OK\r\nA b: c\r\n\r\n":                              {response.FieldLines, "may not"},
		"HTTP/1.0 200 OK\r\nA: b\x00\r\n\r\n":                            {response.FieldLines, "NUL"},
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": {response.BodyLength, "of HTTP/1.0"},
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\nhello": {response.BodyLength, "both"},
	} {
		var r response.Reader
		r.Expect("GET", 0)
		r.Receive([]byte(text))
		one := r.Responses()[0]
		if (len(one.Breaches) == 0) != (want.what == "") || !strings.Contains(one.Breach(want.rule), want.what) || !one.Headed {
			t.Errorf("%q: %+v, want %q", text, one.Breaches, want.what)
		}
	}
}

// TestEndless holds that a body without end is told, and that it is not kept.
func TestEndless(t *testing.T) {
	for _, head := range []string{
		"HTTP/1.0 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA: ",
	} {
		var r response.Reader
		r.Expect("GET", 1)
		r.Receive([]byte(head))
		piece := bytes.Repeat([]byte{'x'}, 64<<10)
		for range 300 {
			r.Receive(piece)
		}
		if w := r.Wrong(); w == nil || len(w.Got) > 64 {
			t.Errorf("%q: %+v", head, w)
		}
	}
}
