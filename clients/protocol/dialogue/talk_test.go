package dialogue

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/clients/protocol"
)

// one returns a dialogue of one exchange with what is expected.
func one(t *testing.T, expect string) *Dialogue {
	t.Helper()
	d, err := Parse("d.yaml", []byte("dialogue: v1\nclients:\n  - talk:\n      - send: \"GO\\n\"\n        expect: "+expect+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// say has a client send its next request, and returns it.
func say(c protocol.Conversation) string {
	request, size := c.Next()
	b := make([]byte, size)
	_, _ = io.ReadFull(io.NewSectionReader(request, 0, size), b)
	c.Queue(request, size)
	c.Sent(size)
	return string(b)
}

func TestReplies(t *testing.T) {
	for _, c := range []struct {
		expect, reply string
		complete      bool
		wrong         string // a part of what is wrong; empty when nothing is
	}{
		{`"OK\n"`, "OK\n", true, ""},
		{`"OK\n"`, "OK", false, ""},
		{`"OK\n"`, "OK\nOK\n", false, `after the reply to "GO\n" (line 4 of d.yaml) more came: "OK\n"`},
		{`"OK\n"`, "NO\n", false, `the reply to "GO\n" (line 5 of d.yaml) differs: expected "OK\n", got "NO\n"`},
		{`{line: any}`, "whatever\n", true, ""},
		{`{line: any}`, "whatever", false, ""},
		{`{prefix: "bye"}`, "bye, bye\n", true, ""},
		{`{prefix: "bye"}`, "by\n", false, `does not begin with "bye"`},
		{`{contains: [b, a]}`, "abc\n", true, ""},
		{`{contains: [b, x]}`, "abc\n", false, `does not contain "x": got "abc\n"`},
		{`{contains: aab}`, "aaab\n", true, ""},
		{`{never: bob, until: "END\n"}`, "alice\nboEND\n", true, ""},
		{`{never: bob, until: "END\n"}`, "alice\nbobby", false, `has "bob" in it: got "alice\nbob"`},
		{`{until: "END\n", contains: "\nb\n"}`, "a\nb\nEND\n", true, ""},
		{`{until: "END\n"}`, "a\nb\nEN", false, ""},
		{`{size: 4}`, "1\n2\n", true, ""},
		{`{size: 4, prefix: "12345"}`, "1234", false, `is over before "12345"`},
		{`{bytes: "00ff"}`, "\x00\xff", true, ""},
		{`{regexp: "^[0-9]+\\n$"}`, "1789\n", true, ""},
		{`{regexp: "^[0-9]+\\n$"}`, "17x9\n", false, `does not match "^[0-9]+\\n$": got "17x9\n"`},
		{`{json: {days.0.title: Networks, n: 2, f: 0.5, t: true, z: null}}`, `{"days":[{"title":"Networks"}],"n":2,"f":0.5,"t":true,"z":null}` + "\n", true, ""},
		{`{json: {days.1.title: Networks}}`, `{"days":[{"title":"Networks"}]}` + "\n", false, `has no "days.1.title"`},
		{`{json: {n: 2}}`, `{"n":3}` + "\n", false, `has another value at "n": expected "2", got "3"`},
		{`{json: {n: 2}}`, "n\n", false, `is no JSON`},
		{`{regexp: "x"}`, strings.Repeat("y", 2<<20) + "\n", false, `is longer than 1 MiB`},
		{`{until: "END"}`, strings.Repeat("y", 17<<20), false, `is longer than 16 MiB and has no end`},
		{`{size: 18000000}`, strings.Repeat("y", 18000000), true, ""},
	} {
		d := one(t, c.expect)
		for _, step := range []int{1, 3, 64 << 10} {
			if step < 64<<10 && len(c.reply) > 1<<10 {
				continue
			}
			talk := d.Begin(1, 1)
			say(talk)
			for b := []byte(c.reply); len(b) > 0; b = b[min(step, len(b)):] {
				talk.Receive(b[:min(step, len(b))])
			}
			complete, wrong := talk.Reply()
			if complete != c.complete || (wrong != nil) != (c.wrong != "") {
				t.Errorf("%s, %.40q in steps of %d: complete %v, wrong %v", c.expect, c.reply, step, complete, wrong)
			}
			if step == 64<<10 && wrong != nil && !strings.Contains(wrong.Error(), c.wrong) {
				t.Errorf("%s, %.40q: %v, want %s", c.expect, c.reply, wrong, c.wrong)
			}
			if talk.Heard() == 0 {
				t.Errorf("%s, %.40q: nothing was heard", c.expect, c.reply)
			}
		}
	}
}

// TestTalk holds a client to its turn: it waits for the greeting and for each reply, and
// knows what a reply has told.
func TestTalk(t *testing.T) {
	d, err := Parse("d.yaml", []byte(`dialogue: v1
greeting: {prefix: "220 "}
clients:
  - talk:
      - send: "HELLO {client} {other}\n"
        expect: {regexp: "^token (?P<token>[a-z]+)\n$"}
      - send: "AUTH {token}\n"
        expect: "OK {client} {token}\n"
      - send: "QUIT\n"
        ends: server
hold: "HE"
`))
	if err != nil {
		t.Fatal(err)
	}
	talk := d.Begin(1, 7).(*talk)
	if n, ends := talk.Exchanges(); n != 3 || !ends {
		t.Errorf("%d exchanges, the server ends: %v", n, ends)
	}
	if !talk.Awaits() {
		t.Error("it does not wait for the greeting")
	}
	held, size := talk.Hold()
	talk.Queue(held, size)
	talk.Receive([]byte("220 hello\n"))
	if talk.Awaits() || talk.Heard() != 0 || size != 2 {
		t.Errorf("awaits %v, heard %d, held %d", talk.Awaits(), talk.Heard(), size)
	}
	talk.Sent(size)
	for _, step := range []struct{ request, reply string }{
		{"LLO 7 {other}\n", "token abc\n"}, {"AUTH abc\n", "OK 7 abc\n"}, {"QUIT\n", "bye\nand goodbye"},
	} {
		if got := say(talk); got != step.request {
			t.Errorf("said %q, want %q", got, step.request)
		}
		if complete, _ := talk.Reply(); complete != (step.request == "QUIT\n") {
			t.Errorf("%q: complete %v before the reply", step.request, complete)
		}
		if !talk.Awaits() {
			t.Errorf("%q: the client does not wait for the reply", step.request)
		}
		talk.Receive([]byte(step.reply))
		if complete, wrong := talk.Reply(); !complete || wrong != nil {
			t.Errorf("%q: complete %v, wrong %v", step.reply, complete, wrong)
		}
	}
	if _, size := talk.Next(); size != 0 {
		t.Error("it says more than the file has")
	}
}

// TestUnexpectedGreeting tells a server that speaks first, or says something else.
func TestUnexpectedGreeting(t *testing.T) {
	d := one(t, `{line: any}`)
	talk := d.Begin(1, 1)
	talk.Receive([]byte("Welcome\n"))
	_, wrong := talk.Reply()
	var m *protocol.Mismatch
	if !errors.As(wrong, &m) || !strings.HasPrefix(m.Because, Greeting) || !bytes.Equal(m.Got, []byte("Welcome\n")) {
		t.Errorf("got %v", wrong)
	}
}
