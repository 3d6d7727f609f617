package protocol

import (
	"bytes"
	"fmt"
	"io"
)

// LineByLine is the protocol of servers that answer each line with a line, whatever
// that says.
type LineByLine struct{}

// Manner implements Protocol. A server that reads a line at a time need not answer a
// client that sends the next before it has read the answer.
func (LineByLine) Manner() Manner {
	return Manner{Answers: true, Owes: "each line that was sent is answered with one line"}
}

// Begin implements Protocol.
func (LineByLine) Begin(seed uint64, client int) Conversation {
	return &lines{says: NewEcho(seed, client)}
}

// longestLine is what a server with a small buffer for a line takes, in bytes.
const longestLine = 100

// lines is a conversation in lines. It counts the lines and keeps none of them.
type lines struct {
	says           *Echo // makes the lines that are sent
	queued, sent   int64
	asked, replies int64
	received       int64
	mismatch       *Mismatch
}

// Hold returns nothing: the server waits for a line.
func (l *lines) Hold() (request io.ReaderAt, size int64) { return Payload{}, 0 }

func (l *lines) Next() (request io.ReaderAt, size int64) { return l.says.Next() }

func (l *lines) Long(size int64) (request io.ReaderAt, bytes int64) {
	return l.says.Long(min(size, longestLine))
}

// Queue notes a request, which is one line.
func (l *lines) Queue(_ io.ReaderAt, size int64) {
	l.asked++
	l.queued += size
}

func (l *lines) Sent(n int64) { l.sent += n }

// Receive counts the lines that arrive. One that nothing was sent for is wrong.
func (l *lines) Receive(b []byte) {
	for rest := b; l.mismatch == nil && len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			break
		}
		if l.replies == l.asked {
			l.mismatch = &Mismatch{Offset: l.received + int64(len(b)-len(rest)), Got: kept(rest), Surplus: true}
			break
		}
		l.replies++
		rest = rest[end+1:]
	}
	l.received += int64(len(b))
}

// Heard returns how many whole lines arrived.
func (l *lines) Heard() int64 { return l.replies }

// Reply returns whether a line arrived for each that was sent. A prompt, which does not
// end in a newline, may follow.
func (l *lines) Reply() (complete bool, wrong error) {
	if l.mismatch != nil {
		return false, fmt.Errorf("after the answers to all %d lines, more came: %q", l.asked, quoted(l.mismatch.Got))
	}
	return l.sent == l.queued && l.replies == l.asked, nil
}
