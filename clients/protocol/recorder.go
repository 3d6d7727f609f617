package protocol

import (
	"errors"
	"io"
	"sync"
)

const (
	// longestReply is how much of a reply is learnt, in bytes.
	longestReply = 1 << 20
	// EndlessReply is from how many bytes on a reply counts as endless.
	EndlessReply = 16 << 20
)

// A Recorder is a conversation in which a client sends what it is told to, and keeps
// what it hears. Its methods may be called from several goroutines.
type Recorder struct {
	mu    sync.Mutex
	heard []byte
	total int64
	wrong error
}

// Take returns what has been heard since Take was last called. It is cut short where
// that is more than can be learnt.
func (r *Recorder) Take() (heard []byte, cut bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	heard, cut = r.heard, r.total > int64(len(r.heard))
	r.heard, r.total = nil, 0
	return heard, cut
}

// Receive implements Conversation.
func (r *Recorder) Receive(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = append(r.heard, b[:min(len(b), longestReply-len(r.heard))]...)
	if r.total += int64(len(b)); r.total > EndlessReply {
		r.wrong = errors.New("the reply is endless")
	}
}

// Hold implements Conversation.
func (r *Recorder) Hold() (request io.ReaderAt, size int64) { return Payload{}, 0 }

// Next implements Conversation.
func (r *Recorder) Next() (request io.ReaderAt, size int64) { return Payload{}, 0 }

// Long implements Conversation.
func (r *Recorder) Long(int64) (request io.ReaderAt, bytes int64) { return Payload{}, 0 }

// Queue implements Conversation.
func (r *Recorder) Queue(io.ReaderAt, int64) {}

// Sent implements Conversation.
func (r *Recorder) Sent(int64) {}

// Heard returns how many bytes were heard since Take was last called.
func (r *Recorder) Heard() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total
}

// Part implements Conversation.
func (r *Recorder) Part() []byte { return nil }

// Reply says that whatever was heard is right, unless it is endless.
func (r *Recorder) Reply() (complete bool, wrong error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return true, r.wrong
}
