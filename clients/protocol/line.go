package protocol

import (
	"bytes"
	"fmt"
	"io"
)

// LineByLine is the protocol of servers that answer each line with a line. The zero
// value takes any line for an answer.
type LineByLine struct {
	// Answer is what an answer says.
	Answer Answer
}

// Manner implements Protocol. A server that reads a line at a time need not answer a
// client that sends the next before it has read the answer.
func (l LineByLine) Manner() Manner {
	return Manner{Answers: true, Owes: "each line that was sent is answered with one line" + l.Answer.clause()}
}

// Begin implements Protocol.
func (l LineByLine) Begin(seed uint64, client int) Conversation {
	return &lines{says: NewEcho(seed, client), answer: l.Answer}
}

// longestLine is what a server with a small buffer for a line takes, in bytes.
const longestLine = 100

// longestAnswer is how much of an answer is compared with what is owed, in bytes.
const longestAnswer = 4 << 10

// lines is a conversation in lines. It keeps the lines that are not answered yet, and
// what has arrived of the next answer.
type lines struct {
	says           *Echo // makes the lines that are sent
	answer         Answer
	queued, sent   int64
	asked, replies int64
	received       int64
	owed           [][]byte // lines without their ends; none when any answer will do
	part           []byte   // of the line that has begun to arrive
	start          int64    // bytes that arrived before it
	mismatch       *Mismatch
}

// Hold returns nothing: the server waits for a line.
func (l *lines) Hold() (request io.ReaderAt, size int64) { return Payload{}, 0 }

func (l *lines) Next() (request io.ReaderAt, size int64) { return l.says.Next() }

func (l *lines) Long(size int64) (request io.ReaderAt, bytes int64) {
	return l.says.Long(min(size, longestLine))
}

// Queue notes a request, which is one line.
func (l *lines) Queue(request io.ReaderAt, size int64) {
	l.asked++
	l.queued += size
	if l.answer == AnyAnswer {
		return
	}
	line := make([]byte, min(size, longestAnswer))
	n, _ := request.ReadAt(line, 0) // a request does not fail within its size
	l.owed = append(l.owed, withoutEnd(line[:n]))
}

func (l *lines) Sent(n int64) { l.sent += n }

// Receive judges the lines that arrive. One that nothing was sent for is wrong.
func (l *lines) Receive(b []byte) {
	if l.mismatch != nil {
		l.replies += int64(bytes.Count(b, []byte{'\n'})) // that much is an answer
		return
	}
	for rest := b; l.mismatch == nil && len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			l.keep(rest)
			break
		}
		if l.replies == l.asked {
			l.keep(rest)
			l.mismatch = &Mismatch{
				Offset: l.start, Got: kept(l.part), Surplus: true,
				Because: "after the answers to all that was sent, more came",
			}
			l.replies += int64(bytes.Count(rest, []byte{'\n'}))
			break
		}
		l.keep(rest[:end])
		l.judge()
		l.replies++
		rest = rest[end+1:]
		if l.mismatch != nil {
			l.replies += int64(bytes.Count(rest, []byte{'\n'}))
		}
		l.part, l.start = l.part[:0], l.received+int64(len(b)-len(rest))
	}
	l.received += int64(len(b))
}

// keep keeps a piece of a line as far as it is compared.
func (l *lines) keep(b []byte) {
	l.part = append(l.part, b[:min(len(b), longestAnswer-len(l.part))]...)
}

// judge compares the line that has arrived with what is owed.
func (l *lines) judge() {
	if l.answer == AnyAnswer {
		return
	}
	asked := l.owed[0]
	l.owed = l.owed[1:]
	if got := withoutEnd(l.part); !l.answer.fits(asked, got) {
		l.mismatch = &Mismatch{
			Offset: l.start, Want: kept(l.answer.of(asked)), Got: kept(got),
			Because: fmt.Sprintf("the answer to line %d %s", l.replies+1, l.answer.unlike()),
		}
	}
}

// Heard returns how many whole lines arrived.
func (l *lines) Heard() int64 { return l.replies }

// Part returns what has arrived of a line that is not complete.
func (l *lines) Part() []byte { return l.part[:min(len(l.part), keptBytes)] }

// Reply returns whether a line arrived for each that was sent. A prompt, which does not
// end in a newline, may follow.
func (l *lines) Reply() (complete bool, wrong error) {
	if l.mismatch != nil {
		return false, l.mismatch.clone()
	}
	return l.sent == l.queued && l.replies == l.asked, nil
}

func withoutEnd(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
}
