package clients

import (
	"bytes"
	"sync"
)

// scratch holds what was owed, a piece at a time, while it is compared.
var scratch = sync.Pool{New: func() any { return new([4 << 10]byte) }}

// A ledger compares what arrives with what an echo server owes: what was sent,
// in the same order. It holds payloads, not bytes.
type ledger struct {
	owed     []debt // in order; those wholly paid are dropped
	queued   int64  // bytes that are to be sent
	sent     int64  // bytes that the kernel took
	received int64  // bytes that arrived
	mismatch *Mismatch
}

// A debt is a payload at its place in the stream.
type debt struct {
	Payload
	start int64
}

// owe notes that a payload is to be sent.
func (l *ledger) owe(p Payload) {
	if p.size > 0 {
		l.owed = append(l.owed, debt{p, l.queued})
		l.queued += p.size
	}
}

// receive takes in what arrived. Between the kernel's taking a byte and its
// being counted in sent, nothing may be received: see Client.mu.
func (l *ledger) receive(b []byte) {
	if l.mismatch == nil {
		l.compare(b)
	} else if room := shownBytes - len(l.mismatch.Got); room > 0 {
		l.mismatch.Got = append(l.mismatch.Got, b[:min(room, len(b))]...)
	}
	l.received += int64(len(b))
	if l.mismatch == nil {
		l.drop(l.received)
	}
}

func (l *ledger) compare(b []byte) {
	want := scratch.Get().(*[4 << 10]byte)
	defer scratch.Put(want)
	at, due := l.received, min(l.received+int64(len(b)), l.sent)
	for at < due {
		n := min(due-at, int64(len(want)))
		l.read(want[:n], at)
		if i := firstDifference(want[:n], b[:n]); i >= 0 {
			at += int64(i)
			l.mismatch = &Mismatch{Offset: at, Got: first(b[i:])}
			l.drop(at)
			return
		}
		at, b = at+n, b[n:]
	}
	if len(b) > 0 {
		l.mismatch = &Mismatch{Offset: at, Got: first(b), Surplus: true}
	}
}

// found is the mismatch with what was owed in its place, as far as it was sent.
func (l *ledger) found() *Mismatch {
	m := l.mismatch.clone()
	if m != nil && !m.Surplus {
		m.Want = make([]byte, min(shownBytes, l.sent-m.Offset))
		l.read(m.Want, m.Offset)
	}
	return m
}

// read fills p with the stream from an offset on, which must lie within what is still held.
func (l *ledger) read(p []byte, offset int64) {
	for _, d := range l.owed {
		within := offset - d.start
		if within >= d.size {
			continue
		}
		n := min(int64(len(p)), d.size-within)
		d.fill(p[:n], within)
		p, offset = p[n:], offset+n
		if len(p) == 0 {
			return
		}
	}
}

// drop forgets the payloads that end at or before an offset.
func (l *ledger) drop(before int64) {
	for len(l.owed) > 0 && l.owed[0].start+l.owed[0].size <= before {
		l.owed[0] = debt{}
		l.owed = l.owed[1:]
	}
}

func first(b []byte) []byte { return bytes.Clone(b[:min(shownBytes, len(b))]) }

// firstDifference is the index at which two slices of one length differ, or −1.
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
