package testproc

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/internal/proc"
)

// Guard bounds a test that hangs; nothing is measured by it.
const Guard = 20 * time.Second

// Within returns a context that ends after Guard, or with the test.
func Within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), Guard)
	t.Cleanup(cancel)
	return ctx
}

// A Process is a process of a test.
type Process struct {
	process.ID
	// Stdin is a pipe to its standard input.
	Stdin io.Writer
	// Reap kills and reaps it. It may be called more than once.
	Reap func()

	t      *testing.T
	stdout io.Reader
}

// Start starts a command, which is killed and reaped when the test ends.
func Start(t *testing.T, name string, args ...string) *Process {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := stdout.(*os.File).SetReadDeadline(time.Now().Add(Guard)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reap := sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // it was killed: an error is expected
	})
	t.Cleanup(reap)
	stat, err := procfile.Stat(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return &Process{process.ID{PID: cmd.Process.Pid, Start: stat.Start}, stdin, reap, t, stdout}
}

// StartBehaving starts testdata/behave.c and waits until it is ready.
func StartBehaving(t *testing.T, mode string) *Process {
	t.Helper()
	p := Start(t, Build(t, "behave"), mode)
	if got := p.Next(); got != 'r' {
		t.Fatalf("the process wrote %q, not that it is ready", got)
	}
	return p
}

// Next returns the next byte that the process writes.
func (p *Process) Next() byte {
	p.t.Helper()
	var b [1]byte
	if _, err := io.ReadFull(p.stdout, b[:]); err != nil {
		p.t.Fatalf("read from the process: %v", err)
	}
	return b[0]
}

// State returns the state of the process, field 3 of its stat file.
func (p *Process) State() proc.State {
	p.t.Helper()
	stat, err := procfile.Stat(p.PID)
	if err != nil {
		p.t.Fatal(err)
	}
	return stat.State
}

// AwaitState waits until the process is in a state.
func (p *Process) AwaitState(want proc.State) {
	p.t.Helper()
	err := poll.Quick.Until(Within(p.t), func() (bool, error) { return p.State() == want, nil })
	if err != nil {
		p.t.Fatalf("wait for state %c, last seen %c: %v", want, p.State(), err)
	}
}

// Kill makes a zombie of the process.
func (p *Process) Kill() {
	p.t.Helper()
	h, err := process.Open(p.ID)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	if err := h.Signal(unix.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	if err := poll.Quick.Until(Within(p.t), h.Ended); err != nil {
		p.t.Fatal(err)
	}
}

// KillChild kills the only child, and waits until the process, which waits for
// it, has ended.
func (p *Process) KillChild() {
	path := fmt.Sprintf("/proc/%d/task/%d/children", p.PID, p.PID)
	data, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		p.t.Fatalf("%s: %q is not one pid", path, data)
	}
	if err := unix.Kill(child, unix.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Guard) // the test may have ended
	defer cancel()
	if err := poll.Quick.Until(ctx, func() (bool, error) { return p.State() == proc.Zombie, nil }); err != nil {
		p.t.Fatalf("the process does not end with its child: %v", err)
	}
}
