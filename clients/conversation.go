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

// A Conversation is what a protocol knows of one connection: it hands out the
// requests and judges the replies. A client calls it from one goroutine at a time.
//
// Its methods name only types of the standard library, so that a protocol need not
// import this package, nor this package a protocol.
type Conversation interface {
	// Next returns the next request and its size in bytes.
	Next() (request io.ReaderAt, size int64)
	// Queue notes that a request will be sent after those queued before.
	Queue(request io.ReaderAt, size int64)
	// Sent notes that the next n bytes of the queued requests were sent. Bytes are
	// counted as sent before any that answer them are received.
	Sent(n int64)
	// Receive judges the next bytes that arrived, in any portions. It does not keep b.
	Receive(b []byte)
	// Reply returns whether the replies to all that was queued are complete, with
	// nothing behind them, and an error that says at which byte they are wrong, and
	// why. A reply that is neither is incomplete.
	Reply() (complete bool, wrong error)
}

// A request is a Payload as a Conversation hands it out.
type request struct {
	io.ReaderAt
	size int64
}

func (r request) Size() int64 { return r.size }
