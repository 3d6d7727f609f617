package protocol

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A trial is what is sent, and what comes back for it.
type trial struct {
	parts []Payload
	sent  []byte
	back  []byte
}

func drawSent(t *rapid.T) trial {
	var e trial
	e.parts = rapid.SliceOfN(anyPayload(), 0, 5).Draw(t, "payloads")
	e.sent = contents(t, Join(e.parts...))
	return e
}

// run conveys a trial to a conversation in pieces. A byte may come back only after
// as many were sent, unless all were sent.
func (e trial) run(t *rapid.T) *Echo {
	l := NewEcho(1, 1)
	for _, p := range e.parts {
		l.Queue(p, p.Size())
	}
	back := e.back
	for l.sent < l.queued || len(back) > 0 {
		room := int(min(int64(len(back)), l.sent-l.received))
		if l.sent == l.queued {
			room = len(back)
		}
		if room > 0 && rapid.Bool().Draw(t, "receive") {
			n := rapid.IntRange(1, room).Draw(t, "received")
			l.Receive(back[:n])
			back = back[n:]
		} else if l.sent < l.queued {
			l.Sent(rapid.Int64Range(1, l.queued-l.sent).Draw(t, "sent"))
		}
	}
	return l
}

func TestExactEchoIsNoMismatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawSent(t)
		e.back = e.sent
		l := e.run(t)
		if complete, wrong := l.Reply(); !complete || wrong != nil {
			t.Fatalf("complete %t, wrong %v, sent %d, received %d of %d", complete, wrong, l.sent, l.received, len(e.sent))
		}
		if len(l.owed) != 0 {
			t.Fatalf("%d requests are held that came back", len(l.owed))
		}
	})
}

// TestOneWrongByteIsFound checks that a change, a loss, a duplicate and a surplus
// are found at the first byte at which the streams differ, whatever the pieces.
func TestOneWrongByteIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawSent(t)
		e.back = damaged(t, e.sent)
		complete, wrong := e.run(t).Reply()
		at := 0
		for at < len(e.back) && at < len(e.sent) && e.back[at] == e.sent[at] {
			at++
		}
		if at == len(e.back) { // what is lost is the end: not wrong so far
			if wrong != nil || complete != (at == len(e.sent)) {
				t.Fatalf("complete %t, wrong %v, though only the end is missing", complete, wrong)
			}
			return
		}
		want := &Mismatch{Offset: int64(at), Want: kept(e.sent[at:]), Got: kept(e.back[at:]), Surplus: at == len(e.sent)}
		var m *Mismatch
		if !errors.As(wrong, &m) || complete || m.Offset != want.Offset || m.Surplus != want.Surplus ||
			!bytes.Equal(m.Want, want.Want) || !bytes.Equal(m.Got, want.Got) {
			t.Fatalf("found %v, want %v", wrong, want)
		}
	})
}

// TestWhereWrongBytesBelong checks that what comes again, what comes too early and what
// belongs nowhere are told apart.
func TestWhereWrongBytesBelong(t *testing.T) {
	const sent = "the quick brown fox jumps over the lazy dog\n"
	for back, moved := range map[string]int64{
		"the quick the quick": -10,
		"the quick fox jumps": 6,
		"the quick red fox":   0,
		"the quick the ":      0, // too few bytes tell no place
		"the fox":             0,
	} {
		e := NewEcho(1, 1)
		e.Queue(Text(sent), int64(len(sent)))
		e.Sent(int64(len(sent)))
		e.Receive([]byte(back))
		var m *Mismatch
		if _, wrong := e.Reply(); !errors.As(wrong, &m) || m.Moved != moved {
			t.Errorf("%q: %v, want moved by %d", back, wrong, moved)
		}
	}
}

// damaged changes, loses or duplicates one byte, or adds some at the end.
func damaged(t *rapid.T, sent []byte) []byte {
	b := slices.Clone(sent)
	if len(b) == 0 {
		return append(b, rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "surplus")...)
	}
	i := rapid.IntRange(0, len(b)-1).Draw(t, "where")
	switch rapid.IntRange(0, 3).Draw(t, "what") {
	case 0:
		b[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
		return b
	case 1:
		return slices.Delete(b, i, i+1)
	case 2:
		return slices.Insert(b, i, b[i])
	}
	return append(b, rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "surplus")...)
}

// TestMismatchStands checks that later bytes change nothing about a mismatch.
func TestMismatchStands(t *testing.T) {
	l := NewEcho(1, 1)
	l.Queue(Text("abc"), 3)
	l.Sent(3)
	l.Receive([]byte("aXc"))
	l.Queue(Text("def"), 3)
	l.Sent(3)
	l.Receive([]byte("def"))
	want := &Mismatch{Offset: 1, Want: []byte("bcdef"), Got: []byte("Xcdef")}
	if complete, wrong := l.Reply(); complete || wrong == nil || wrong.Error() != want.Error() {
		t.Errorf("complete %t, %v, want %v", complete, wrong, want)
	}
}

// TestSurplusBeforeSent checks that what comes before the request was sent is no
// reply to it.
func TestSurplusBeforeSent(t *testing.T) {
	l := NewEcho(1, 1)
	if complete, wrong := l.Reply(); !complete || wrong != nil {
		t.Errorf("with nothing sent: complete %t, %v", complete, wrong)
	}
	l.Queue(Text("abc"), 3)
	if complete, _ := l.Reply(); complete {
		t.Error("a request without a reply is complete")
	}
	l.Receive([]byte("a"))
	want := &Mismatch{Got: []byte("a"), Surplus: true}
	if _, wrong := l.Reply(); wrong == nil || wrong.Error() != want.Error() {
		t.Errorf("%v, want %v", wrong, want)
	}
}

// TestNext checks that requests are lines that differ between clients, between the
// requests of a client and between seeds, and that the same seed repeats them.
func TestNext(t *testing.T) {
	next := func(seed uint64, client int) func() string {
		e := NewEcho(seed, client)
		return func() string {
			request, size := e.Next()
			line := make([]byte, size)
			if _, err := request.ReadAt(line, 0); err != nil {
				t.Fatal(err)
			}
			return string(line)
		}
	}
	seen := map[string]bool{}
	for _, seed := range []uint64{1, 2} {
		for client := 1; client <= 3; client++ {
			one, same := next(seed, client), next(seed, client)
			for range 3 {
				line := one()
				if line != same() {
					t.Errorf("the same seed and client have different requests: %q", line)
				}
				if seen[line] || strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
					t.Errorf("%q occurs twice, or is not one line", line)
				}
				seen[line] = true
			}
		}
	}
	if !seen["client 2 says hello 3: "+string(contents(t, Printable(1^2<<32^3, wordBytes)))] {
		t.Errorf("the requests have changed: %v", seen)
	}
}
