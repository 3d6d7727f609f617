package classtest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/forkproof/forkproof/internal/testbinary"
)

// A run is one forkproof.
type run struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	took           time.Duration
}

// start starts a command of forkproof, with a folder for temporary files of its own.
func start(t testing.TB, tmp string, args ...string) *run {
	t.Helper()
	forkproof, err := testbinary.Forkproof()
	if err != nil {
		t.Fatal(err)
	}
	r := &run{Cmd: exec.Command(forkproof, args...)}
	r.Env = append(os.Environ(), "TMPDIR="+tmp)
	r.Stdout, r.Stderr = &r.stdout, &r.stderr
	r.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Process.Kill(); _ = r.Wait() })
	return r
}

// forkproof runs a command of forkproof to its end and checks its exit status.
func forkproof(t testing.TB, status int, args ...string) *run {
	t.Helper()
	begin := time.Now()
	r := start(t, t.TempDir(), args...)
	err := r.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r.took = time.Since(begin)
	if code := r.ProcessState.ExitCode(); code != status {
		t.Fatalf("forkproof %q: %v, want exit status %d\n%s%s", args, r.ProcessState, status, &r.stderr, &r.stdout)
	}
	return r
}

// grade grades a class by rubricText into a fresh folder, which it returns.
func grade(t testing.TB, class, rubric string, flags ...string) string {
	t.Helper()
	results := filepath.Join(t.TempDir(), "results")
	forkproof(t, 0, append([]string{"grade", class, "--rubric", rubric, "--out", results}, flags...)...)
	return results
}
