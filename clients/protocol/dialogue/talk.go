package dialogue

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"path/filepath"

	"github.com/forkproof/forkproof/clients/protocol"
)

// Greeting is the beginning of what is wrong with a greeting.
const Greeting = "the greeting"

// A talk is one client's part in a dialogue.
type talk struct {
	dialogue *Dialogue
	kind     *Kind
	values   map[string]string
	asked    int // requests that were handed out
	held     int // bytes of the next request that were
	ends     []int64
	replies  int // that are over
	queued   int64
	sent     int64
	received int64 // bytes that arrived as owed
	heard    int64 // bytes of replies
	due      []*reading
	greeting bool // the first of these is the greeting
	mismatch *protocol.Mismatch
}

// Exchanges implements protocol.Finite.
func (t *talk) Exchanges() (n int, serverEnds bool) {
	n = len(t.kind.Talk)
	return n, t.kind.Talk[n-1].Ends
}

// Awaits implements protocol.Patient: a request is sent when the greeting and the reply
// to the one before have arrived.
func (t *talk) Awaits() bool {
	if t.mismatch != nil || len(t.due) == 0 {
		return false
	}
	if t.greeting {
		return true
	}
	whole := 0
	for whole < len(t.ends) && t.ends[whole] <= t.sent {
		whole++
	}
	return whole > t.replies
}

// Due implements protocol.Telling.
func (t *talk) Due() string {
	if t.mismatch != nil || len(t.due) == 0 || t.due[0].open {
		return ""
	}
	return t.which(t.due[0])
}

// Hold returns the beginning of the first request that the file names.
func (t *talk) Hold() (request io.ReaderAt, size int64) {
	if t.asked > 0 || t.held > 0 {
		return protocol.Payload{}, 0
	}
	t.held = len(t.dialogue.Hold)
	return protocol.Text(t.dialogue.Hold), int64(t.held)
}

// Next returns the next request; none after the last.
func (t *talk) Next() (request io.ReaderAt, size int64) {
	if t.asked >= len(t.kind.Talk) {
		return protocol.Payload{}, 0
	}
	x := t.kind.Talk[t.asked]
	t.asked++
	text := x.Send.fill(t.values)[t.held:]
	before := t.queued
	if n := len(t.ends); n > 0 {
		before = max(before, t.ends[n-1]) // what is sent in pieces is queued later
	}
	t.ends = append(t.ends, before+int64(len(text)))
	t.held = 0
	r := t.reply(x)
	if !r.done {
		t.due = append(t.due, r)
	} else {
		t.replies++
	}
	return protocol.Text(text), int64(len(text))
}

// reply begins to read the reply of an exchange.
func (t *talk) reply(x Exchange) *reading {
	switch {
	case x.Expect != nil:
		return read(*x.Expect, t.values)
	case x.Ends:
		return &reading{line: x.Line, open: true}
	}
	return read(Expect{Line: x.Line, Until: lineEnd}, t.values)
}

// Long returns the next request: the file has no other.
func (t *talk) Long(int64) (request io.ReaderAt, bytes int64) { return t.Next() }

func (t *talk) Queue(_ io.ReaderAt, size int64) { t.queued += size }

func (t *talk) Sent(n int64) { t.sent += n }

// Receive judges what arrives by what is due.
func (t *talk) Receive(b []byte) {
	for len(b) > 0 && t.mismatch == nil {
		if len(t.due) == 0 {
			t.mismatch = &protocol.Mismatch{Offset: t.received, Got: kept(b), Surplus: true, Because: t.afterAll()}
			break
		}
		r := t.due[0]
		n, wrong := r.take(b)
		t.received += int64(n)
		if !t.greeting {
			t.heard += int64(n)
		}
		b = b[n:]
		if wrong != nil {
			t.mismatch = &protocol.Mismatch{Offset: t.received, Want: wrong.want, Got: wrong.got, Because: t.which(r) + " " + wrong.because}
		} else if r.done {
			t.next(r)
		}
	}
	t.heard += int64(len(b)) // what is wrong is an answer, too
}

// next goes on to the reply after one that is over.
func (t *talk) next(r *reading) {
	maps.Copy(t.values, r.values())
	if !t.greeting {
		t.replies++
	}
	t.due, t.greeting = t.due[1:], false
}

// which names a reply: the line of the file, and what was sent.
func (t *talk) which(r *reading) string {
	if t.greeting {
		return fmt.Sprintf("%s (%s)", Greeting, t.at(r.line))
	}
	return fmt.Sprintf("the reply to %s (%s)", quote(t.kind.Talk[t.replies].Send.fill(t.values)), t.at(r.line))
}

func (t *talk) at(line int) string {
	return fmt.Sprintf("line %d of %s", line, filepath.Base(t.dialogue.File))
}

func (t *talk) afterAll() string {
	if t.asked == 0 {
		if t.dialogue.Greeting == nil {
			return Greeting + " is not in " + filepath.Base(t.dialogue.File) + ", which has the client speak first"
		}
		return Greeting + " is over, and more came"
	}
	last := t.kind.Talk[t.asked-1]
	return fmt.Sprintf("after the reply to %s (%s) more came", quote(last.Send.fill(t.values)), t.at(last.Line))
}

// Heard returns how many bytes of the replies arrived.
func (t *talk) Heard() int64 { return t.heard }

// Part returns the beginning of a reply that is not over.
func (t *talk) Part() []byte {
	if len(t.due) == 0 {
		return nil
	}
	return t.due[0].begun
}

// Reply returns whether all that is due has arrived.
func (t *talk) Reply() (complete bool, wrong error) {
	if t.mismatch != nil {
		m := *t.mismatch
		m.Want, m.Got = bytes.Clone(m.Want), bytes.Clone(m.Got)
		return false, &m
	}
	return t.sent == t.queued && (len(t.due) == 0 || t.due[0].open), nil
}
