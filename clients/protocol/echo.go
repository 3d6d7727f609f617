package protocol

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// An Echo is a conversation with an echo server, which returns what it receives
// (RFC 862). It holds the requests that are not answered yet, as generators and
// not as bytes. It may not be used by several goroutines at once.
type Echo struct {
	seed   uint64
	client int
	handed int // requests that Next has returned

	owed     []debt // in order; those that were returned are dropped
	queued   int64  // bytes that are to be sent
	sent     int64  // bytes that the kernel took
	received int64  // bytes that arrived
	mismatch *Mismatch
	placed   bool // where the wrong bytes belong was looked for
}

// A debt is a request at its place in the stream.
type debt struct {
	request io.ReaderAt
	start   int64 // bytes of the requests before it
	size    int64
}

// Echoing is the protocol of RFC 862: the server returns what it receives.
type Echoing struct{}

// Manner implements Protocol.
func (Echoing) Manner() Manner { return Manner{Answers: true, Streams: true} }

// Begin implements Protocol.
func (Echoing) Begin(seed uint64, client int) Conversation { return NewEcho(seed, client) }

// NewEcho returns the conversation of a client, the first of which is number 1.
// The seed and the number determine what it says.
func NewEcho(seed uint64, client int) *Echo { return &Echo{seed: seed, client: client} }

// wordBytes is the size of the random part of a request, in bytes.
const wordBytes = 16

// Next returns the next request: a line that no other client sends.
func (e *Echo) Next() (request io.ReaderAt, size int64) {
	e.handed++
	line := Join(
		Text(fmt.Sprintf("client %d says hello %d: ", e.client, e.handed)),
		Printable(e.own(), wordBytes),
	)
	return line, line.Size()
}

// Hold returns nothing: an echo server waits for more whatever it has received.
func (e *Echo) Hold() (request io.ReaderAt, size int64) { return Payload{}, 0 }

// Long returns a request of size random bytes, a line that no other client sends.
func (e *Echo) Long(size int64) (request io.ReaderAt, bytes int64) {
	e.handed++
	return Printable(e.own(), size), size
}

// own returns a seed that no other request has.
func (e *Echo) own() uint64 { return e.seed ^ uint64(e.client)<<32 ^ uint64(e.handed) }

// Queue notes that a request will be sent after those queued before. An echo
// server then owes it.
func (e *Echo) Queue(request io.ReaderAt, size int64) {
	if size > 0 {
		e.owed = append(e.owed, debt{request, e.queued, size})
		e.queued += size
	}
}

// Sent notes that the next n bytes of the queued requests were sent. A byte must
// be counted as sent before it may be received.
func (e *Echo) Sent(n int64) { e.sent += n }

// Receive compares the next bytes of the reply with what is owed. It does not keep b.
func (e *Echo) Receive(b []byte) {
	if e.mismatch == nil {
		e.compare(b)
	} else if room := keptBytes - len(e.mismatch.Got); room > 0 {
		e.mismatch.Got = append(e.mismatch.Got, b[:min(room, len(b))]...)
	}
	e.received += int64(len(b))
	if e.mismatch == nil {
		e.drop(e.received)
	}
}

// Heard returns how many bytes came back.
func (e *Echo) Heard() int64 { return e.received }

// Part returns nothing: what came back is what was sent.
func (e *Echo) Part() []byte { return nil }

// Reply returns whether everything that was queued has come back and nothing
// else, and the *Mismatch at the first byte that was not owed.
func (e *Echo) Reply() (complete bool, wrong error) {
	if e.mismatch != nil {
		return false, e.found()
	}
	return e.received == e.queued, nil
}

// compared holds what was owed, a piece at a time, while it is compared.
var compared = sync.Pool{New: func() any { return new([4 << 10]byte) }}

func (e *Echo) compare(b []byte) {
	want := compared.Get().(*[4 << 10]byte)
	defer compared.Put(want)
	at, due := e.received, min(e.received+int64(len(b)), e.sent)
	for at < due {
		n := min(due-at, int64(len(want)))
		e.read(want[:n], at)
		if i := firstDifference(want[:n], b[:n]); i >= 0 {
			at += int64(i)
			e.mismatch = &Mismatch{Offset: at, Got: kept(b[i:])}
			e.drop(at)
			return
		}
		at, b = at+n, b[n:]
	}
	if len(b) > 0 {
		e.mismatch = &Mismatch{Offset: at, Got: kept(b), Surplus: true}
	}
}

// found returns the mismatch with what was owed in its place, as far as it was sent.
func (e *Echo) found() *Mismatch {
	m := e.mismatch.clone()
	if !m.Surplus {
		m.Want = make([]byte, min(keptBytes, e.sent-m.Offset))
		e.read(m.Want, m.Offset)
		if !e.placed && len(m.Got) >= distinctive {
			e.placed, e.mismatch.Moved = true, e.moved(m)
		}
		m.Moved = e.mismatch.Moved
	}
	return m
}

const (
	// distinctive is how many bytes tell a place in a stream.
	distinctive = 6
	// behind and ahead are how far from its place a wrong byte is looked for: a server
	// repeats at most what it read at once, and may lose all that fits into no buffer.
	behind = 64 << 10
	ahead  = 16 << 20
)

// moved returns how far the bytes that arrived are from where they were owed; 0 when they
// are found nowhere, or on both sides.
func (e *Echo) moved(m *Mismatch) int64 {
	if len(e.owed) == 0 {
		return 0
	}
	got := m.Got[:distinctive]
	first := max(e.owed[0].start, m.Offset-behind)
	near := make([]byte, min(m.Offset+ahead, e.sent)-first)
	e.read(near, first)
	place := m.Offset - first
	before := bytes.LastIndex(near[:min(place+distinctive-1, int64(len(near)))], got)
	after := bytes.Index(near[place:], got)
	switch {
	case before >= 0 && after < 0:
		return int64(before) - place
	case before < 0 && after > 0:
		return int64(after)
	}
	return 0
}

// read fills p with the requests from an offset on. They must still be held.
func (e *Echo) read(p []byte, offset int64) {
	for _, d := range e.owed {
		within := offset - d.start
		if within >= d.size {
			continue
		}
		n := min(int64(len(p)), d.size-within)
		_, _ = d.request.ReadAt(p[:n], within) // a request does not fail within its size
		p, offset = p[n:], offset+n
		if len(p) == 0 {
			return
		}
	}
}

// drop forgets the requests that end at or before an offset.
func (e *Echo) drop(before int64) {
	for len(e.owed) > 0 && e.owed[0].start+e.owed[0].size <= before {
		e.owed[0] = debt{}
		e.owed = e.owed[1:]
	}
}

func kept(b []byte) []byte { return bytes.Clone(b[:min(keptBytes, len(b))]) }

// firstDifference returns the index at which two slices of one length differ, or −1.
func firstDifference(a, b []byte) int {
	if bytes.Equal(a, b) {
		return -1
	}
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}
