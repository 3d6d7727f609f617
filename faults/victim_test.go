package faults

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// guard bounds a test that hangs; nothing is measured by it.
const guard = 20 * time.Second

func TestMain(m *testing.M) {
	code := m.Run()
	if buildDir != "" {
		_ = os.RemoveAll(buildDir)
	}
	os.Exit(code)
}

var buildDir string

// buildVictim builds testdata/NAME.c, once; flags as -static.
func buildVictim(name string, flags ...string) (string, error) {
	building.Lock()
	defer building.Unlock()
	binary := name + strings.Join(flags, "")
	if path, found := built[binary]; found {
		return path, nil
	}
	if buildDir == "" {
		dir, err := os.MkdirTemp("", "victim")
		if err != nil {
			return "", err
		}
		buildDir = dir
		if err := os.Chmod(dir, 0o711); err != nil { // tests run programs as other users, too
			return "", err
		}
	}
	path := filepath.Join(buildDir, binary)
	args := append([]string{"-O1", "-Wall", "-Wextra", "-pthread", "-o", path, "testdata/" + name + ".c"}, flags...)
	output, err := exec.Command("cc", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("cc: %w\n%s", err, output)
	}
	built[binary] = path
	return path, nil
}

var (
	building sync.Mutex
	built    = map[string]string{}
)

// A victim is a process of a test.
type victim struct {
	Target
	t      *testing.T
	stdin  io.WriteCloser
	stdout io.Reader
	reap   func()
}

// startVictim starts testdata/victim.c and waits until it is ready.
func startVictim(t *testing.T, mode string) *victim {
	t.Helper()
	v := start(t, program(t, "victim"), mode)
	if got := v.next(); got != 'r' {
		t.Fatalf("victim said %q, not that it is ready", got)
	}
	return v
}

// program is the C program testdata/NAME.c, built.
func program(t *testing.T, name string, flags ...string) string {
	t.Helper()
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skipf("the victim is a C program, and there is no compiler: %v", err)
	}
	path, err := buildVictim(name, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// start starts a command, which is killed and reaped when the test ends.
func start(t *testing.T, name string, args ...string) *victim {
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
	if err := stdout.(*os.File).SetReadDeadline(time.Now().Add(guard)); err != nil {
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
	stat, err := readStat(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return &victim{Target{cmd.Process.Pid, stat.Start}, t, stdin, stdout, reap}
}

// next is the next byte that the victim writes.
func (v *victim) next() byte {
	v.t.Helper()
	var b [1]byte
	if _, err := io.ReadFull(v.stdout, b[:]); err != nil {
		v.t.Fatalf("read from the victim: %v", err)
	}
	return b[0]
}

// state is the state of the whole process.
func (v *victim) state() proc.State {
	v.t.Helper()
	stat, err := readStat(fmt.Sprintf("/proc/%d/stat", v.PID))
	if err != nil {
		v.t.Fatal(err)
	}
	return stat.State
}

// kill makes a zombie of the victim.
func (v *victim) kill() {
	v.t.Helper()
	if err := Kill(within(v.t), v.Target); err != nil {
		v.t.Fatal(err)
	}
}

func (v *victim) awaitState(want proc.State) {
	v.t.Helper()
	err := poll(within(v.t), func() (bool, error) { return v.state() == want, nil })
	if err != nil {
		v.t.Fatalf("wait for state %c, last seen %c: %v", want, v.state(), err)
	}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	t.Cleanup(cancel)
	return ctx
}

// noDescriptorLeft checks that the faults of a test left no pidfd open.
func noDescriptorLeft(t *testing.T) {
	t.Helper()
	before := pidfds(t)
	t.Cleanup(func() {
		if after := pidfds(t); after > before && !t.Failed() {
			t.Errorf("%d pidfds open after the test, %d before", after, before)
		}
	})
}

func pidfds(t *testing.T) (n int) {
	t.Helper()
	open, err := openDescriptors(unix.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		// The list's own directory is closed by now.
		what, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		if err == nil && what == "anon_inode:[pidfd]" {
			n++
		}
	}
	return n
}
