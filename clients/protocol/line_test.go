package protocol_test

import (
	"strings"
	"testing"

	"github.com/forkproof/forkproof/clients/protocol"
)

// asks has a client send n requests.
func asks(talk protocol.Conversation, n int) {
	for range n {
		request, size := talk.Next()
		talk.Queue(request, size)
		talk.Sent(size)
	}
}

// TestReplies checks what completes a conversation, and what is wrong, whatever the
// portions in which it arrives.
func TestReplies(t *testing.T) {
	line, echo := protocol.Protocol(protocol.LineByLine{}), protocol.Protocol(protocol.Echoing{})
	for name, test := range map[string]struct {
		protocol protocol.Protocol
		asked    int
		back     string
		heard    int64
		complete bool
		wrong    string
	}{
		"nothing yet":            {line, 1, "", 0, false, ""},
		"a piece of a line":      {line, 1, "250 o", 0, false, ""},
		"a line":                 {line, 1, "250 ok\r\n", 1, true, ""},
		"a line and a prompt":    {line, 1, "ok\n> ", 1, true, ""},
		"one of two":             {line, 2, "ok\n", 1, false, ""},
		"two of one":             {line, 1, "ok\nok\n", 2, false, `after the answers to all that was sent, more came: "ok\n"`},
		"a greeting, no reply":   {protocol.Greeted(line, protocol.Greeting{Text: "hi\n"}), 1, "hi\n", 0, false, ""},
		"a greeting and a reply": {protocol.Greeted(line, protocol.Greeting{Text: "hi\n"}), 1, "hi\nok\n", 1, true, ""},
		"another greeting":       {protocol.Greeted(line, protocol.Greeting{Text: "hi\n"}), 1, "ho\nok\n", 0, false, `at offset 1: expected "i\n", got "o\n`},
		"two lines and a prompt": {protocol.Greeted(line, protocol.LearnGreeting([]byte("one\ntwo\n> "))), 1, "uno\ndos\n> ok\n", 1, true, ""},
		"an echo after a line":   {protocol.Greeted(echo, protocol.Greeting{Lines: 1}), 0, "you are the third\n", 0, true, ""},
		"more than a greeting":   {protocol.Greeted(echo, protocol.Greeting{Lines: 1}), 0, "one\ntwo\n", 4, false, `after all 0 bytes that were owed, more came: "two\n"`},
	} {
		for size := 1; size <= max(len(test.back), 1); size++ {
			talk := test.protocol.Begin(1, 1)
			asks(talk, test.asked)
			for at := 0; at < len(test.back); at += size {
				talk.Receive([]byte(test.back[at:min(at+size, len(test.back))]))
			}
			complete, wrong := talk.Reply()
			said := ""
			if wrong != nil {
				said = wrong.Error()
			}
			told := said == test.wrong || test.wrong != "" && said != "" && strings.HasPrefix(test.wrong, said[:min(len(said), 30)])
			if complete != test.complete || !told || talk.Heard() != test.heard {
				t.Errorf("%s, %d bytes at a time: complete %t, wrong %q, heard %d; want %t, %q and %d",
					name, size, complete, said, talk.Heard(), test.complete, test.wrong, test.heard)
			}
		}
	}
}

// TestListener checks that a greeting is learnt by its number of lines and what
// follows the last of them.
func TestListener(t *testing.T) {
	var listener protocol.Listener
	for _, part := range []string{"Welc", "ome\nuser:", " "} {
		listener.Receive([]byte(part))
	}
	if got, want := listener.Greeting(), (protocol.Greeting{Lines: 1, Text: "user: "}); got != want {
		t.Errorf("it learnt %v, want %v", got, want)
	}
	if got := listener.Greeting().String(); got != `1 line and "user: "` {
		t.Errorf("it is told as %s", got)
	}
}
