package protocol

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// taught is a conversation in which a server says what was learnt of it.
type taught struct {
	Learned
	asked        int // requests that were handed out
	held         int // bytes of the next request that were
	queued, sent int64
	received     int64     // bytes that arrived as owed
	heard        int64     // bytes of replies
	replies      int       // that are over
	due          []reading // what the server owes, in order
	greeting     bool      // the first of these is the greeting
	part         []byte    // the beginning of the reply that is due
	mismatch     *Mismatch
}

// Hold returns nothing, or all of the first request but its last byte, where a client
// that sends nothing never reaches the server.
func (t *taught) Hold() (request io.ReaderAt, size int64) {
	if !t.taught() || !t.Lesson.Deferred || t.asked > 0 || t.held > 0 {
		return Payload{}, 0
	}
	t.held = len(t.Sends[0]) - 1
	return Text(t.Sends[0][:t.held]), int64(t.held)
}

// Next returns the next request; none when the server has ended the connection.
func (t *taught) Next() (request io.ReaderAt, size int64) {
	if most := t.Manner().Exchanges; most > 0 && t.asked >= most {
		return Payload{}, 0
	}
	n := len(t.Sends)
	text := t.Sends[t.asked%n][t.held:]
	if t.taught() {
		replies := t.Lesson.First
		if t.asked >= n {
			replies = t.Lesson.Later
		}
		t.due = append(t.due, reading{pattern: replies[t.asked%n]})
	}
	t.held = 0
	t.asked++
	return Text(text), int64(len(text))
}

// Long returns the next request: no other is known to have a reply.
func (t *taught) Long(int64) (request io.ReaderAt, bytes int64) { return t.Next() }

func (t *taught) Queue(_ io.ReaderAt, size int64) { t.queued += size }

func (t *taught) Sent(n int64) { t.sent += n }

// Receive compares what arrives with what was learnt.
func (t *taught) Receive(b []byte) {
	if !t.taught() {
		t.keep(b)
	}
	if !t.taught() || t.mismatch != nil {
		t.heard += int64(len(b)) // that much is an answer
		return
	}
	for len(b) > 0 && t.mismatch == nil {
		if len(t.due) == 0 {
			t.mismatch = &Mismatch{Offset: t.received, Got: kept(b), Surplus: true, Because: t.afterAll()}
			break
		}
		n, wrong := t.due[0].take(b)
		t.keep(b[:n])
		t.received += int64(n)
		if !t.greeting {
			t.heard += int64(n)
		}
		b = b[n:]
		switch {
		case wrong:
			t.mismatch = &Mismatch{Offset: t.received, Want: t.due[0].due(), Got: kept(b), Because: t.differs(b)}
		case len(b) > 0 || t.due[0].over():
			t.drop()
		}
	}
	t.heard += int64(len(b)) // what is wrong
}

// keep keeps the beginning of a reply.
func (t *taught) keep(b []byte) { t.part = append(t.part, b[:min(len(b), keptBytes-len(t.part))]...) }

// drop ends the reply that is due.
func (t *taught) drop() {
	if !t.greeting {
		t.replies++
	}
	t.due, t.greeting, t.part = slices.Delete(t.due, 0, 1), false, t.part[:0]
}

func (t *taught) differs(b []byte) string {
	switch {
	case t.greeting:
		return "the greeting " + differs
	case t.again(b):
		return fmt.Sprintf("the reply to %s %s", shortly(t.Sends[t.replies%len(t.Sends)]), begins)
	}
	return fmt.Sprintf("the reply to %s %s", shortly(t.Sends[t.replies%len(t.Sends)]), differs)
}

// differs completes "the reply to what was sent", and begins a reply of which the
// beginning comes twice.
const (
	differs = "differs from the one that was learnt"
	begins  = "begins again before it is whole"
)

// again reports whether what came instead of the rest of a reply is its beginning.
func (t *taught) again(b []byte) bool {
	n := min(len(b), len(t.part))
	return n > 0 && bytes.Equal(b[:n], t.part[:n])
}

func (t *taught) afterAll() string {
	if t.asked == 0 {
		return "more came before anything was sent than was learnt"
	}
	return fmt.Sprintf("more came after the reply to %s than was learnt", shortly(t.Sends[(t.asked-1)%len(t.Sends)]))
}

// Heard returns how many bytes of the replies arrived.
func (t *taught) Heard() int64 { return t.heard }

// Part returns the beginning of a reply that is not whole.
func (t *taught) Part() []byte { return t.part }

// Reply returns whether all that is due has arrived.
func (t *taught) Reply() (complete bool, wrong error) {
	switch {
	case t.mismatch != nil:
		return false, t.mismatch.clone()
	case t.sent < t.queued:
		return false, nil
	case t.Lesson != nil && t.Lesson.Endless:
		return t.asked == 0, nil
	case t.Lesson == nil:
		return t.asked == 0 || t.heard > 0, nil
	}
	return !slices.ContainsFunc(t.due, func(r reading) bool { return !r.whole() }), nil
}
