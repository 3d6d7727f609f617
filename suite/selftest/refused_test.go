package selftest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/forkproof/forkproof/internal/judge"
	"github.com/forkproof/forkproof/internal/testbinary"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

// traced makes the test binary run a server as a debugger does.
var traced = flag.Bool("traced", false, "run the command that follows, and trace it")

// TestTracedByAnother judges a server that is traced by a process of its own, which keeps
// forkproof from attaching and could hide what it likes: nothing is judged, and each
// requirement says why.
func TestTracedByAnother(t *testing.T) {
	server, err := catalog.Find(catalog.ReferenceName)
	if err != nil {
		t.Fatal(err)
	}
	program, err := new(catalog.Builder).Build(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	res := judgeTraced(t.Context(), t, program)
	for _, id := range []string{"faults/accept-eproto", "faults/fork-eagain", "faults/ignored-sigchld", "echo/exact"} {
		if r := res.Of(id); r.Verdict != report.Error || !strings.Contains(r.Found, "the server traces itself") {
			t.Errorf("%s is %s, want an error that says why: %s", id, r.Verdict, r.Found)
		}
	}
}

func judgeTraced(ctx context.Context, t *testing.T, program string) report.Result {
	t.Helper()
	binary, err := testbinary.Forkproof()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o, err := judge.Check{
		Forkproof: binary,
		Flags: []string{
			"--only", "echo/exact,faults/accept-eproto,faults/fork-eagain,faults/ignored-sigchld",
		},
		Command: []string{self, "-traced", program, "{port}"},
	}.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return o.Result
}

// trace runs a command with this process as its tracer until it ends.
func trace(argv []string) error {
	runtime.LockOSThread()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	pid := cmd.Process.Pid
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
			return fmt.Errorf("wait for process %d: %w", pid, err)
		}
		if !status.Stopped() {
			return nil
		}
		sig := int(status.StopSignal())
		if status.StopSignal() == syscall.SIGTRAP { // execve(2) of a tracee
			sig = 0
		}
		if err := syscall.PtraceCont(pid, sig); err != nil {
			return fmt.Errorf("continue process %d: %w", pid, err)
		}
	}
}
