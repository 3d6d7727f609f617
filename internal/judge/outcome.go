package judge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/forkproof/forkproof/report"
)

// An Outcome is how a check ended and what it wrote.
type Outcome struct {
	// Result is the result; the zero value if there is none.
	Result report.Result
	// Stdout is the standard output: the result as forkproof wrote it.
	Stdout []byte
	// Stderr is the end of the standard error, at most 64 KiB.
	Stderr string
	// ExitCode is the exit status; −1 if a signal ended forkproof or it did not start.
	ExitCode int
	// Ended describes the end: "exit status 1", "signal: killed".
	Ended string
	// Took is the time from the start of forkproof to its end.
	Took time.Duration
	// ProcessorTime is that of forkproof and of every process that it waited for.
	ProcessorTime time.Duration
	// OwnProcessorTime is that of forkproof alone, in steps of 10 ms.
	OwnProcessorTime time.Duration
	// MaxRSSKiB is the largest resident set of any of them, getrusage(2).
	MaxRSSKiB int64
}

// ended fills in what the kernel reports about the end.
func (o *Outcome) ended(state *os.ProcessState) {
	o.ExitCode, o.Ended = state.ExitCode(), state.String()
	o.ProcessorTime = state.UserTime() + state.SystemTime()
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		o.MaxRSSKiB = usage.Maxrss
	}
}

// read decodes the result. It fails unless there is exactly one, of the known
// schema, whose verdict agrees with the exit status.
func (o *Outcome) read() error {
	if len(bytes.TrimSpace(o.Stdout)) == 0 {
		return fmt.Errorf("forkproof check ended with %s and no result%s", o.Ended, o.lastMessage())
	}
	decoder := json.NewDecoder(bytes.NewReader(o.Stdout))
	var result report.Result
	if err := decoder.Decode(&result); err != nil {
		return fmt.Errorf("forkproof check ended with %s and wrote no valid result: %w%s", o.Ended, err, o.lastMessage())
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("forkproof check ended with %s and wrote more than its result", o.Ended)
	}
	if result.Schema != report.Schema {
		return fmt.Errorf("forkproof check wrote a result of schema %q instead of %q", result.Schema, report.Schema)
	}
	o.Result = result
	if o.ExitCode != result.ExitCode() {
		return fmt.Errorf("forkproof check ended with %s, but its result says %s%s", o.Ended, result.Verdict, o.lastMessage())
	}
	return nil
}

// lastMessage returns the last line of the standard error, to be appended to an
// error; empty if there is none.
func (o *Outcome) lastMessage() string {
	text := strings.TrimSpace(o.Stderr)
	line := strings.TrimPrefix(text[strings.LastIndexByte(text, '\n')+1:], "forkproof: ")
	if line == "" {
		return ""
	}
	return ": " + report.Line(line)
}
