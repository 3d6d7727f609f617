package clients

import (
	"fmt"
	"io"
	"slices"
	"sort"
)

// A Payload is a fixed sequence of bytes that can be read at any offset, any
// number of times and from several goroutines, so that the sender and the
// verifier of a long stream need not hold it. The zero Payload is empty.
type Payload struct {
	size int64
	// fill writes the bytes at an offset; the range lies within the payload.
	fill func(p []byte, offset int64)
}

// Size is the length in bytes.
func (p Payload) Size() int64 { return p.size }

// ReadAt fills b with the bytes from offset on. As io.ReaderAt asks, it gives
// io.EOF when there are fewer; an offset below 0 is an error.
func (p Payload) ReadAt(b []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, fmt.Errorf("read payload at offset %d: below 0", offset)
	}
	n := min(int64(len(b)), max(p.size-offset, 0))
	if n > 0 {
		p.fill(b[:n], offset)
	}
	if n < int64(len(b)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

// Literal is a payload of the given bytes, of which it keeps a copy.
func Literal(b []byte) Payload {
	b = slices.Clone(b)
	return Payload{size: int64(len(b)), fill: func(p []byte, offset int64) { copy(p, b[offset:]) }}
}

// Text is a payload of the given text, just as it is: a line needs its "\n".
func Text(s string) Payload {
	return Payload{size: int64(len(s)), fill: func(p []byte, offset int64) { copy(p, s[offset:]) }}
}

// join is one payload of several, in their order.
func join(parts []Payload) Payload {
	parts = slices.Clone(parts)
	starts := make([]int64, len(parts))
	var size int64
	for i, part := range parts {
		starts[i] = size
		size += part.size
	}
	return Payload{size: size, fill: func(p []byte, offset int64) {
		first := sort.Search(len(parts), func(i int) bool { return starts[i]+parts[i].size > offset })
		for i := first; len(p) > 0; i++ {
			within := offset - starts[i]
			n := min(int64(len(p)), parts[i].size-within)
			if n > 0 {
				parts[i].fill(p[:n], within)
			}
			p, offset = p[n:], offset+n
		}
	}}
}
