package protocol

import (
	"fmt"
	"io"
	"slices"
	"sort"
)

// A Payload is a fixed sequence of bytes. It can be read at any offset, any number
// of times and from several goroutines, so that neither the sender of a long stream
// nor its judge has to hold it. The zero Payload is empty.
type Payload struct {
	size int64
	// fill writes the bytes at an offset; the range lies within the payload.
	fill func(p []byte, offset int64)
}

// Size returns the length in bytes.
func (p Payload) Size() int64 { return p.size }

// ReadAt fills b with the bytes from offset on. As io.ReaderAt demands, it returns
// io.EOF when there are fewer. An offset below 0 is an error.
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

// Literal returns a payload of the given bytes, of which it keeps a copy.
func Literal(b []byte) Payload {
	b = slices.Clone(b)
	return Payload{size: int64(len(b)), fill: func(p []byte, offset int64) { copy(p, b[offset:]) }}
}

// Text returns a payload of the given text, without a newline of its own.
func Text(s string) Payload {
	return Payload{size: int64(len(s)), fill: func(p []byte, offset int64) { copy(p, s[offset:]) }}
}

// Join returns one payload of several, in their order.
func Join(parts ...Payload) Payload {
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
