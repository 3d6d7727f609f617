package trace

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/forkproof/forkproof/faults/internal/proc"
	"github.com/forkproof/forkproof/faults/process"
	"golang.org/x/sys/unix"
)

// NotInjectable is the error of Inject for what is no fault of the server:
// the machine does not let it be traced, or it is of a kind that cannot be.
type NotInjectable struct {
	Process process.ID
	// Reason is why: "ptrace is refused: operation not permitted: Yama's ptrace_scope is 2".
	Reason string
	// Remedy is what to change, for who runs forkproof.
	Remedy string
	// Err is the error of the system call; nil when it did not come to one.
	Err error
}

// Error gives the reason and the remedy in one sentence.
func (e *NotInjectable) Error() string {
	return fmt.Sprintf("faults cannot be injected into %v: %s: %s", e.Process, e.Reason, e.Remedy)
}

// Unwrap gives the error of the system call.
func (e *NotInjectable) Unwrap() error { return e.Err }

// notNative is the error for a program of another ABI than that of this
// machine's own programs: its system calls have other numbers.
func notNative(target process.ID) error {
	return &NotInjectable{
		Process: target,
		Reason: "it is a 32-bit program (or of another ABI than forkproof), whose system calls have other numbers",
		Remedy: "build it for 64 bits, without -m32",
	}
}

// abiOf looks at the head of the program that a process runs. What it cannot
// read it leaves: each call that is hit is looked at, too.
func abiOf(target process.ID) error {
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/exe", target.PID), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(fd) }()
	var head [elf.EI_NIDENT]byte
	if n, err := unix.Pread(fd, head[:], 0); err != nil || n < len(head) {
		return nil
	}
	if string(head[:4]) == elf.ELFMAG && elf.Class(head[elf.EI_CLASS]) == elf.ELFCLASS32 {
		return notNative(target)
	}
	return nil
}

// refused explains why the kernel does not let a thread be traced, ptrace(2),
// "Ptrace access mode checking".
func refused(target process.ID, tid int, err error) error {
	e := &NotInjectable{Process: target, Err: err}
	reason := "ptrace is refused: " + err.Error()
	tracer := proc.TracerOf(tid)
	yama := yamaScope()
	switch {
	case errors.Is(err, unix.ENOSYS) && !underSeccomp():
		e.Reason, e.Remedy = reason, "allow the system call ptrace"
	case tracer != 0:
		e.Reason = fmt.Sprintf("%s traces it already", describeTracer(tracer))
		e.Remedy = "end that debugger first"
	case yama == 3:
		e.Reason = reason + ": Yama's ptrace_scope is 3, which allows no tracing at all"
		e.Remedy = "set kernel.yama.ptrace_scope to 1 at boot: it cannot be lowered before the next"
	case yama == 2:
		e.Reason = reason + ": Yama's ptrace_scope is 2, which allows tracing only with CAP_SYS_PTRACE"
		e.Remedy = "sysctl kernel.yama.ptrace_scope=1, or run forkproof as root"
	case underSeccomp():
		e.Reason = reason + ": a seccomp filter is in force, as in a container"
		e.Remedy = "allow the system call ptrace: docker run --cap-add SYS_PTRACE, or --security-opt seccomp=unconfined"
	default:
		e.Reason = reason
		e.Remedy = "run forkproof as the server's own user or as root; a container needs --cap-add SYS_PTRACE; " +
			"a server that makes itself undumpable (prctl(2)) or is set-user-ID can be traced by root only"
	}
	return e
}

// underSeccomp says whether a filter decides on the system calls of this process.
func underSeccomp() bool { return proc.UnderSeccomp(os.Getpid()) }

// yamaScope is kernel.yama.ptrace_scope; 0 where there is no Yama.
func yamaScope() int {
	data, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	if err != nil {
		return 0
	}
	scope, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0
	}
	return scope
}
