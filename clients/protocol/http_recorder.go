package protocol

import (
	"io"
	"slices"
	"sync"

	"github.com/forkproof/forkproof/clients/protocol/response"
)

// An HTTPRecorder is a conversation in which a client sends what it is told to, and reads
// what it hears as responses. Any response is right. Its methods may be called from
// several goroutines.
type HTTPRecorder struct {
	mu           sync.Mutex
	reader       response.Reader
	queued, sent int64
}

// Expect notes that a request of a method, and of HTTP/1.minor, is sent next.
func (r *HTTPRecorder) Expect(method string, minor int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reader.Expect(method, minor)
}

// Responses returns the responses so far, with interim ones, in order.
func (r *HTTPRecorder) Responses() []response.Response {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.reader.Responses())
}

// Surplus returns how many bytes arrived behind the last response, and the first of them.
func (r *HTTPRecorder) Surplus() (bytes int64, first []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	bytes, first = r.reader.Surplus()
	return bytes, slices.Clone(first)
}

// Receive implements Conversation.
func (r *HTTPRecorder) Receive(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reader.Receive(b)
}

// Hold implements Conversation.
func (r *HTTPRecorder) Hold() (request io.ReaderAt, size int64) { return Payload{}, 0 }

// Next implements Conversation.
func (r *HTTPRecorder) Next() (request io.ReaderAt, size int64) { return Payload{}, 0 }

// Long implements Conversation.
func (r *HTTPRecorder) Long(int64) (request io.ReaderAt, bytes int64) { return Payload{}, 0 }

// Queue implements Conversation.
func (r *HTTPRecorder) Queue(_ io.ReaderAt, size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queued += size
}

// Sent implements Conversation.
func (r *HTTPRecorder) Sent(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent += n
}

// Heard returns how many bytes arrived.
func (r *HTTPRecorder) Heard() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reader.Received()
}

// Part returns the beginning of a response that is not whole.
func (r *HTTPRecorder) Part() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return partOf(&r.reader)
}

// UntilEnd reports whether the end of the connection ends the last response.
func (r *HTTPRecorder) UntilEnd() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reader.UntilEnd()
}

// Reply returns whether every request that was noted has a complete response. What is no
// response is wrong.
func (r *HTTPRecorder) Reply() (complete bool, wrong error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wrong = mismatchOf(&r.reader); wrong != nil {
		return false, wrong
	}
	return r.sent == r.queued && r.reader.Answered(), nil
}
