package clients

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// An exchange is what is sent, and what comes back for it.
type exchange struct {
	parts []Payload
	sent  []byte
	back  []byte
}

func drawSent(t *rapid.T) exchange {
	var e exchange
	e.parts = rapid.SliceOfN(anyPayload(), 0, 5).Draw(t, "payloads")
	e.sent = contents(t, join(e.parts))
	return e
}

// run hands an exchange to a ledger in pieces. A byte may come back only after
// as many were sent, unless there is none left to send.
func (e exchange) run(t *rapid.T) *ledger {
	l := &ledger{}
	for _, p := range e.parts {
		l.owe(p)
	}
	back := e.back
	for l.sent < l.queued || len(back) > 0 {
		room := int(min(int64(len(back)), l.sent-l.received))
		if l.sent == l.queued {
			room = len(back)
		}
		if room > 0 && rapid.Bool().Draw(t, "receive") {
			n := rapid.IntRange(1, room).Draw(t, "received")
			l.receive(back[:n])
			back = back[n:]
		} else if l.sent < l.queued {
			l.sent += rapid.Int64Range(1, l.queued-l.sent).Draw(t, "sent")
		}
	}
	return l
}

func TestExactEchoIsNoMismatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawSent(t)
		e.back = e.sent
		l := e.run(t)
		if m := l.found(); m != nil || l.received != l.sent || l.sent != int64(len(e.sent)) {
			t.Fatalf("mismatch %v, sent %d, received %d of %d", m, l.sent, l.received, len(e.sent))
		}
		if len(l.owed) != 0 {
			t.Fatalf("%d payloads are held that came back", len(l.owed))
		}
	})
}

// TestOneWrongByteIsFound: a change, a loss, a duplicate or a surplus is found
// at the first byte at which the streams differ, whatever the pieces are.
func TestOneWrongByteIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawSent(t)
		e.back = wrong(t, e.sent)
		m := e.run(t).found()
		at := 0
		for at < len(e.back) && at < len(e.sent) && e.back[at] == e.sent[at] {
			at++
		}
		if at == len(e.back) { // what is lost is the end: not wrong so far
			if m != nil {
				t.Fatalf("%v, though only the end is missing", m)
			}
			return
		}
		want := &Mismatch{Offset: int64(at), Want: first(e.sent[at:]), Got: first(e.back[at:]), Surplus: at == len(e.sent)}
		if m == nil || m.Offset != want.Offset || m.Surplus != want.Surplus ||
			!bytes.Equal(m.Want, want.Want) || !bytes.Equal(m.Got, want.Got) {
			t.Fatalf("found %v, want %v", m, want)
		}
	})
}

// wrong changes, loses or duplicates one byte, or adds some at the end.
func wrong(t *rapid.T, sent []byte) []byte {
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

// TestMismatchStands: what is sent and received later does not change it.
func TestMismatchStands(t *testing.T) {
	l := &ledger{}
	l.owe(Text("abc"))
	l.sent = 3
	l.receive([]byte("aXc"))
	l.owe(Text("def"))
	l.sent = 6
	l.receive([]byte("def"))
	want := Mismatch{Offset: 1, Want: []byte("bcdef"), Got: []byte("Xcdef")}
	if m := l.found(); m == nil || m.String() != want.String() {
		t.Errorf("%v, want %v", m, want)
	}
}
