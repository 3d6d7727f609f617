package clients

import "io"

// A Payload is the bytes of one request. They do not change, and can be read at
// any offset, any number of times and from several goroutines. A read within the
// size does not fail.
type Payload interface {
	io.ReaderAt
	// Size returns the length in bytes.
	Size() int64
}

// A request is a Payload as a conversation hands it out.
type request struct {
	io.ReaderAt
	size int64
}

func (r request) Size() int64 { return r.size }
