package testproc

import (
	"bufio"
	"strings"
	"testing"
)

// A Caller is a process that writes lines, as testdata/caller.c, which makes a
// system call for each byte that it reads.
type Caller struct {
	*Process
	lines *bufio.Reader
}

// StartCaller starts testdata/caller.c and waits until it is ready.
func StartCaller(t *testing.T, args ...string) *Caller {
	t.Helper()
	return StartCallerOf(t, Build(t, "caller"), args...)
}

// StartCallerOf is StartCaller with a binary that was built before.
func StartCallerOf(t *testing.T, binary string, args ...string) *Caller {
	t.Helper()
	c := StartLines(t, binary, args...)
	if got := c.Line(); got != "ready" {
		t.Fatalf("the caller wrote %q, not that it is ready", got)
	}
	return c
}

// StartLines starts any command that writes lines.
func StartLines(t *testing.T, name string, args ...string) *Caller {
	t.Helper()
	p := Start(t, name, args...)
	return &Caller{p, bufio.NewReader(p.stdout)}
}

// Line returns the next line, without blanks around it.
func (c *Caller) Line() string {
	c.t.Helper()
	line, err := c.lines.ReadString('\n')
	if err != nil {
		c.t.Fatalf("read from the caller: %v", err)
	}
	return strings.TrimSpace(line)
}

// Write writes to the standard input.
func (c *Caller) Write(text string) {
	c.t.Helper()
	if _, err := c.Stdin.Write([]byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// Ask makes the caller do one call, and returns the line with the result:
// "RESULT ERRNO NOTE".
func (c *Caller) Ask(call byte) string {
	c.t.Helper()
	c.Write(string(call))
	return c.Line()
}
