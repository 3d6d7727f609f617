package protocol_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/clients/protocol"
)

// samples are what calm clients heard: a greeting, and the replies to each request.
func samples(ended bool, clients ...[]string) []protocol.Sample {
	var list []protocol.Sample
	for _, heard := range clients {
		s := protocol.Sample{Greeting: []byte(heard[0]), Ended: ended}
		for _, reply := range heard[1:] {
			s.Replies = append(s.Replies, []byte(reply))
		}
		list = append(list, s)
	}
	return list
}

func teach(t *testing.T, sends []string, list []protocol.Sample) protocol.Learned {
	t.Helper()
	lesson, err := protocol.Teach(sends, list)
	if err != nil {
		t.Fatal(err)
	}
	return protocol.Learned{Sends: sends, Lesson: lesson}
}

// TestLearnt checks what is taken for the reply that was learnt, in any portions.
func TestLearnt(t *testing.T) {
	greets := teach(t, []string{"hi\n"}, samples(false,
		[]string{"220 pid 17 at Mon, 30 Nov 2026 23:59:58 +0000\r\n", "ok 1 at 9\n", "ok 2 at 9\n", "ok 3 at 9\n"},
		[]string{"220 pid 19 at Mon, 30 Nov 2026 23:59:59 +0000\r\n", "ok 1 at 9\n", "ok 2 at 9\n", "ok 3 at 9\n"}))
	ends := teach(t, []string{"GET\n"}, samples(true,
		[]string{"", "HTTP/1.0 200 OK\r\nContent-Length: 8\r\nX: a1\r\n\r\npage a1"},
		[]string{"", "HTTP/1.0 200 OK\r\nContent-Length: 8\r\nX: b2\r\n\r\npage b2"}))
	turns := teach(t, []string{"a", "b"}, samples(false,
		[]string{"", "first\n", "B\n", "again a\n", "B\n", "again a\n", "B\n"},
		[]string{"", "first\n", "B\n", "again a\n", "B\n", "again a\n", "B\n"}))
	const greeting = "220 pid 2048 at Tue, 1 Dec 2026 00:00:07 +0000\r\n"
	for name, test := range map[string]struct {
		protocol protocol.Learned
		asked    int
		back     string
		heard    int64
		complete bool
		wrong    string
	}{
		"a greeting of another day": {greets, 0, greeting, 0, true, ""},
		"no greeting yet":           {greets, 0, "220 p", 0, false, ""},
		"another greeting":          {greets, 0, "421 busy\r\n", 10, false, `the greeting differs from the one that was learnt`},
		"a counter of more digits":  {greets, 1, greeting + "ok 1234 at 9\n", 13, true, ""},
		"another word":              {greets, 1, greeting + "ko 1 at 9\n", 10, false, `the reply to "hi\n" differs from the one that was learnt: expected "ok … at 9\n"`},
		"the reply twice":           {greets, 1, greeting + "ok 1 at 9\nok 1 at 9\n", 20, false, `more came after the reply to "hi\n" than was learnt`},
		"a piece":                   {greets, 1, greeting + "ok 1 a", 6, false, ""},
		"its beginning again":       {greets, 1, greeting + "ok 1 ok 1 at 9\n", 15, false, `the reply to "hi\n" begins again before it is whole`},
		"another length":            {ends, 1, "HTTP/1.0 200 OK\r\nContent-Length: 11\r\nX: c3\r\n\r\npage 12345", 56, true, ""},
		"turn by turn":              {turns, 4, "first\nB\nagain a\nB\n", 18, true, ""},
		"the first turn again":      {turns, 3, "first\nB\nfirst\n", 14, false, `the reply to "a" differs from the one that was learnt`},
		"nothing was learnt":        {protocol.Learned{Sends: []string{"x"}}, 1, "whatever", 8, true, ""},
	} {
		for size := 1; size <= len(test.back); size++ {
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
			told := said == test.wrong || test.wrong != "" && strings.HasPrefix(said, test.wrong[:min(len(test.wrong), 60)])
			if complete != test.complete || !told || talk.Heard() != test.heard {
				t.Errorf("%s, %d bytes at a time: complete %t, wrong %q, heard %d; want %t, %q and %d",
					name, size, complete, said, talk.Heard(), test.complete, test.wrong, test.heard)
			}
		}
	}
	if request, size := ends.Begin(1, 1).Hold(); size != 0 {
		t.Errorf("it holds with %v", request)
	}
	talk := ends.Begin(1, 1)
	asks(talk, 1)
	if _, size := talk.Next(); size != 0 || ends.Manner().Exchanges != 1 {
		t.Errorf("after the server's end a client sends %d bytes more", size)
	}
	if told := strings.Join(greets.Tell(), "; "); !strings.Contains(told, `it answers "hi\n" with "ok … at 9\n", in which words vary: "1"`) {
		t.Errorf("it is told as %s", told)
	}
}

// TestTeachesNothing checks which replies teach nothing.
func TestTeachesNothing(t *testing.T) {
	for name, list := range map[string][]protocol.Sample{
		"other lines":     samples(true, []string{"", "a\nb\n"}, []string{"", "a\n"}),
		"other words":     samples(true, []string{"", "one two x\n"}, []string{"", "uno dos x\n"}),
		"another ending":  samples(true, []string{"", "a\n"}, []string{"", "a\n", "a\n"}),
		"its end unknown": samples(false, []string{"", "x y 1", "x y 2", "x y 3"}, []string{"", "x y 4", "x y 5", "x y 6"}),
	} {
		if lesson, err := protocol.Teach([]string{"r"}, list); err == nil {
			t.Errorf("%s: %v is learnt", name, lesson)
		} else if name != "its end unknown" && !errors.Is(err, protocol.ErrDiffer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLineAnswers checks what --reply expects of a line.
func TestLineAnswers(t *testing.T) {
	const line = "client 1 says hello 1: "
	for _, test := range []struct {
		word  string
		reply func(string) string
		right bool
	}{
		{"same", func(s string) string { return s }, true},
		{"same", strings.ToUpper, false},
		{"upper", strings.ToUpper, true},
		{"upper", func(s string) string { return s }, false},
		{"contains", func(s string) string { return "you said: " + s + "!" }, true},
		{"contains", func(string) string { return "ok" }, false},
		{"any", func(string) string { return "ok" }, true},
	} {
		answer, known := protocol.AnswerNamed(test.word)
		talk := protocol.LineByLine{Answer: answer}.Begin(1, 1)
		request, size := talk.Next()
		text := make([]byte, size)
		if _, err := request.ReadAt(text, 0); err != nil || !known || !strings.HasPrefix(string(text), line) {
			t.Fatal(err, known, string(text))
		}
		talk.Queue(request, size)
		talk.Sent(size)
		talk.Receive([]byte(test.reply(strings.TrimSuffix(string(text), "\n")) + "\r\n"))
		if complete, wrong := talk.Reply(); complete != test.right || (wrong == nil) != test.right {
			t.Errorf("%s: complete %t, wrong %v, want %t", test.word, complete, wrong, test.right)
		}
	}
	if _, known := protocol.AnswerNamed("some"); known {
		t.Error("a word that stands for no answer is known")
	}
}

// TestRecorder checks that what is heard is taken once, and that an endless reply is not
// kept.
func TestRecorder(t *testing.T) {
	var r protocol.Recorder
	r.Receive([]byte("one"))
	if heard, cut := r.Take(); string(heard) != "one" || cut || r.Heard() != 0 {
		t.Errorf("%q, cut %t", heard, cut)
	}
	for range protocol.EndlessReply>>20 + 1 {
		r.Receive(make([]byte, 1<<20))
	}
	_, wrong := r.Reply()
	if heard, cut := r.Take(); len(heard) != 1<<20 || !cut || wrong == nil {
		t.Errorf("%d bytes are kept, cut %t, %v", len(heard), cut, wrong)
	}
}
