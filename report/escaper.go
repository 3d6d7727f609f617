package report

import (
	"bytes"
	"io"
	"sync"
)

// longestLine is how much of a line without an end is held back.
const longestLine = 4 << 10

// An Escaper writes the output of a server to where a person reads it, line by
// line, each as [Line] makes it; tabs stay. A line that is longer than 4 KiB is
// broken. It may be used by several goroutines at once.
type Escaper struct {
	mu   sync.Mutex
	to   io.Writer
	held []byte // the beginning of a line
}

// NewEscaper returns an Escaper that writes to w.
func NewEscaper(w io.Writer) *Escaper { return &Escaper{to: w} }

// Write takes in output, and writes the lines that it ends. The error is that
// of the writer behind it.
func (e *Escaper) Write(data []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for rest := data; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		if room := longestLine - len(e.held); len(line) > room {
			line, after, ended = rest[:room], rest[room:], true
		}
		e.held, rest = append(e.held, line...), after
		if !ended {
			break
		}
		if err := e.flush(); err != nil {
			return len(data) - len(rest), err
		}
	}
	return len(data), nil
}

// Close writes what is held of a line that has not ended. It does not close the
// writer behind it.
func (e *Escaper) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.held) == 0 {
		return nil
	}
	return e.flush()
}

func (e *Escaper) flush() error {
	line := escape(string(e.held), "\t") + "\n"
	e.held = e.held[:0]
	_, err := io.WriteString(e.to, line)
	return err
}
