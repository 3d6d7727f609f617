package response

import (
	"bytes"
	"fmt"
	"hash/fnv"
)

const (
	// longestHead is how long a head may be, in bytes.
	longestHead = 64 << 10
	// endless is from how many bytes on a body that declares no length has no end.
	endless = 16 << 20
	// keptBytes are kept of what is wrong, and beginning of a body.
	keptBytes = 64
	beginning = 4 << 10
	// prime and basis are those of FNV-1a.
	prime = 1099511628211
)

var basis = fnv.New64a().Sum64()

// A Wrong is the first byte from which on nothing can be read.
type Wrong struct {
	// Offset counts the bytes that arrived before it.
	Offset int64
	// Got are up to 64 bytes from there on.
	Got []byte
	// Because says why, as a clause.
	Because string
}

// A request is what decides how its response is read.
type request struct {
	method string
	minor  int // of its HTTP version
}

// A Reader reads responses. The zero value expects none.
type Reader struct {
	expected []request
	list     []Response
	state    state
	line     []byte // that has begun to arrive
	start    int64  // bytes that arrived before it
	head     int    // bytes of the head
	left     int64  // of the body or of the chunk, in bytes
	received int64
	surplus  int64
	extra    []byte // the first bytes of what came behind the last response
	wrong    *Wrong
}

// A state is what comes next.
type state int

const (
	atStatus state = iota
	atField
	inBody    // a body with a length, or one that the connection ends
	atSize    // a line with the size of a chunk
	inChunk   // the data of a chunk
	afterData // the line that ends a chunk
	atTrailer
)

// Expect notes that a request was sent, whose response is read after those before.
func (r *Reader) Expect(method string, minor int) {
	r.expected = append(r.expected, request{method, minor})
}

// Responses returns what has arrived, with interim responses, in order.
func (r *Reader) Responses() []Response { return r.list }

// Wrong returns from where on nothing can be read; nil while all can.
func (r *Reader) Wrong() *Wrong { return r.wrong }

// Received returns how many bytes arrived.
func (r *Reader) Received() int64 { return r.received }

// Surplus returns how many bytes arrived behind the last response, and the first of them.
func (r *Reader) Surplus() (bytes int64, first []byte) { return r.surplus, r.extra }

// Answered reports whether every request has a complete response.
func (r *Reader) Answered() bool { return r.wrong == nil && (len(r.expected) == 0 || r.open()) }

// UntilEnd reports whether the end of the connection ends the last response.
func (r *Reader) UntilEnd() bool { return r.wrong == nil && r.open() }

// open reports whether the last response is being read, until the connection ends.
func (r *Reader) open() bool {
	return len(r.expected) == 1 && r.state == inBody && r.last().Framing == UntilEnd
}

// last returns the response that is being read.
func (r *Reader) last() *Response { return &r.list[len(r.list)-1] }

// Receive reads the next bytes. It does not keep b.
func (r *Reader) Receive(b []byte) {
	for len(b) > 0 {
		switch {
		case r.wrong != nil:
			r.wrong.Got = append(r.wrong.Got, b[:min(len(b), keptBytes-len(r.wrong.Got))]...)
			r.received += int64(len(b))
			return
		case len(r.expected) == 0:
			r.extra = append(r.extra, b[:min(len(b), keptBytes-len(r.extra))]...)
			r.surplus += int64(len(b))
			r.received += int64(len(b))
			if r.surplus > endless {
				r.fail("after the response, more came without end")
			}
			return
		case r.state == inBody || r.state == inChunk:
			b = r.takeBody(b)
		default:
			b = r.takeLine(b)
		}
	}
}

// takeLine reads up to the end of a line, and returns the rest.
func (r *Reader) takeLine(b []byte) []byte {
	if len(r.line) == 0 {
		r.start = r.received
	}
	piece := b
	end := bytes.IndexByte(b, '\n')
	if end >= 0 {
		piece = b[:end+1]
	}
	r.line = append(r.line, piece...)
	r.head += len(piece)
	r.received += int64(len(piece))
	switch {
	case r.state == atStatus && !begins(r.line):
		r.fail("the response does not begin with a status line")
	case r.state == afterData && r.line[0] != '\r' && r.line[0] != '\n':
		r.fail("the data of a chunk is longer than its size")
	case r.head > longestHead:
		r.fail("the head of the response is longer than 64 KiB")
	case end >= 0:
		r.takeWhole(r.line)
		r.line = r.line[:0]
	}
	return b[len(piece):]
}

// begins reports whether a line is, or may become, a status line.
func begins(line []byte) bool {
	const version = "HTTP/"
	n := min(len(line), len(version))
	return string(line[:n]) == version[:n]
}

// takeBody reads a piece of a body, and returns the rest.
func (r *Reader) takeBody(b []byte) []byte {
	body, piece := r.last(), b
	if body.Framing != UntilEnd && int64(len(b)) > r.left {
		piece = b[:r.left]
	}
	for _, one := range piece {
		body.Sum = (body.Sum ^ uint64(one)) * prime
	}
	body.Beginning = append(body.Beginning, piece[:min(len(piece), beginning-len(body.Beginning))]...)
	body.Body += int64(len(piece))
	r.received += int64(len(piece))
	r.left -= int64(len(piece))
	switch {
	case body.Framing != Length && body.Body > endless:
		r.start, r.line = r.received, r.line[:0]
		r.fail("the body has no end within 16 MiB")
	case body.Framing == Length && r.left == 0:
		r.over()
	case body.Framing == Chunked && r.left == 0:
		r.state = afterData
	}
	return b[len(piece):]
}

// over ends a response. The next one follows, or after an interim one the final one.
func (r *Reader) over() {
	last := r.last()
	last.Complete = true
	if last.Final() {
		r.expected = r.expected[1:]
	}
	r.state, r.head = atStatus, 0
}

// fail notes that from the line on nothing can be read.
func (r *Reader) fail(format string, args ...any) {
	r.wrong = &Wrong{Offset: r.start, Got: bytes.Clone(r.line[:min(len(r.line), keptBytes)]), Because: fmt.Sprintf(format, args...)}
}
