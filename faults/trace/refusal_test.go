package trace

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
)

// Without the right to trace, the error says why and what to change. The test
// runs itself with that right taken away.
func TestRefusals(t *testing.T) {
	if kind := os.Getenv("FORKPROOF_TEST_REFUSAL"); kind != "" {
		beRefused(t, kind)
		return
	}
	for kind, want := range map[string]string{
		"user":    "ptrace is refused: operation not permitted: run forkproof as the server's own user or as root",
		"seccomp": "ptrace is refused: operation not permitted: a seccomp filter is in force, as in a container: allow the system call ptrace",
	} {
		if kind == "user" && os.Getuid() != 0 {
			t.Log("to run as another user takes root")
			continue
		}
		c := testproc.StartCaller(t)
		again := exec.Command("/proc/self/exe", "-test.run=^TestRefusals$", "-test.v")
		again.Dir = "/"
		again.Env = append(os.Environ(), "FORKPROOF_TEST_REFUSAL="+kind, fmt.Sprintf("FORKPROOF_TEST_PROCESS=%d %d", c.PID, c.Start))
		if kind == "user" {
			again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, want %q:\n%s", kind, err, want, out)
		}
		if got := c.Ask('w'); got != "4096 0 clean" {
			t.Errorf("%s: the process: %q", kind, got)
		}
	}
}

func beRefused(t *testing.T, kind string) {
	var target process.ID
	if _, err := fmt.Sscan(os.Getenv("FORKPROOF_TEST_PROCESS"), &target.PID, &target.Start); err != nil {
		t.Fatal(err)
	}
	if kind == "seccomp" {
		denyPtrace(t)
	}
	_, err := Inject(testproc.Within(t), []process.ID{target}, Injection{Family: Read})
	var refused *NotTraceable
	if !errors.As(err, &refused) || !errors.Is(err, unix.EPERM) {
		t.Fatalf("%v, want a refusal with EPERM", err)
	}
	t.Log(err)
}

// denyPtrace has a seccomp filter answer ptrace with EPERM, as container
// engines do, seccomp(2).
func denyPtrace(t *testing.T) {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	const allow, errno = 0x7fff0000, 0x00050000 // SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_PTRACE},
		{Code: unix.BPF_RET | unix.BPF_K, K: errno | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: allow},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if e != 0 {
		t.Skipf("no seccomp filter can be installed: %v", e)
	}
}

func TestTracedAlready(t *testing.T) {
	c := testproc.StartCaller(t)
	inject(t, c.ID, Injection{Family: Poll})
	_, err := Inject(testproc.Within(t), []process.ID{c.ID}, Injection{Family: Read})
	var refused *NotTraceable
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "traces it already") ||
		!strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("%v, want that this process traces it already", err)
	}
}

// When one process is refused, none of the others stays traced.
func TestRefusalLeavesNothingTraced(t *testing.T) {
	first, second := testproc.StartCaller(t), testproc.StartCaller(t)
	held, err := Inject(testproc.Within(t), []process.ID{second.ID}, Injection{Family: Poll})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Inject(testproc.Within(t), []process.ID{first.ID, second.ID}, Injection{Family: Read})
	var refused *NotTraceable
	if !errors.As(err, &refused) || refused.Process != second.ID {
		t.Errorf("%v, want a refusal of %v", err, second.ID)
	}
	if procfile.TracerOf(first.PID) != 0 {
		t.Error("the first is still traced")
	}
	if got := first.Ask('w'); got != "4096 0 clean" {
		t.Errorf("%q", got)
	}
	if err := held.Undo(); err != nil {
		t.Fatal(err)
	}
}
