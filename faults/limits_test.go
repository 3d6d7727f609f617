package faults

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/forkproof/forkproof/faults/internal/testproc"
)

func TestMemoryLimit(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	c := testproc.StartCaller(t)
	undo, err := limitMemory(c.ID, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Ask('A'); got != "-1 12 clean" {
		t.Errorf("64 MiB under a limit: %q, want ENOMEM", got)
	}
	thaw(t, undo)
	if got := c.Ask('A'); got != "1 0 clean" {
		t.Errorf("64 MiB after the undo: %q", got)
	}
}

// TestProcessLimitBinds runs itself as another user: root is not bound.
func TestProcessLimitBinds(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	path := os.Getenv("FORKPROOF_TEST_CALLER")
	if path == "" {
		path = testproc.Build(t, "caller")
	}
	if os.Getuid() == 0 {
		again := exec.Command("/proc/self/exe", "-test.run=^TestProcessLimitBinds$")
		again.Dir = "/"
		again.Env = append(os.Environ(), "FORKPROOF_TEST_CALLER="+path)
		again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("as another user: %v\n%s", err, out)
		}
		return
	}
	c := testproc.StartCallerOf(t, path)
	undo, err := limitProcesses(c.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range []byte("fst") {
		if got := c.Ask(call); got != "-1 11 clean" {
			t.Errorf("%c under the limit: %q, want EAGAIN", call, got)
		}
	}
	thaw(t, undo)
	if got := c.Ask('f'); got != "1 0 clean" {
		t.Errorf("fork after the undo: %q", got)
	}
}

func TestProcessLimitDoesNotBindRoot(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	if os.Getuid() != 0 {
		t.Skip("the test is not run by root")
	}
	c := testproc.StartCaller(t)
	if _, err := limitProcesses(c.ID, 0); !errors.Is(err, errUnbound) {
		t.Errorf("%v, want errUnbound", err)
	}
	if got := c.Ask('f'); got != "1 0 clean" {
		t.Errorf("fork: %q", got)
	}
}

func TestLimitsOfWhatIsGone(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	c := testproc.StartCaller(t)
	c.Kill()
	for name, fault := range map[string]func(Process, uint64) (Undo, error){"memory": limitMemory, "processes": limitProcesses} {
		if _, err := fault(c.ID, 1); !errors.Is(err, ErrGone) {
			t.Errorf("%s: %v, want ErrGone", name, fmt.Sprint(err))
		}
	}
}
