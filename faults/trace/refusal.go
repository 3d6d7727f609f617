package trace

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/process"
)

// NotTraceable is the error of Inject when the machine does not allow the server
// to be traced, or the server is of a kind that cannot be. It is no fault of the
// server.
type NotTraceable struct {
	Process process.ID
	// Reason is why: "ptrace is refused: operation not permitted: Yama's ptrace_scope is 2".
	Reason string
	// Remedy is what the person who runs forkproof can change.
	Remedy string
	// Err is the error of the system call; nil when none was made.
	Err error
}

// Error returns the reason and the remedy in one sentence.
func (e *NotTraceable) Error() string {
	return fmt.Sprintf("faults cannot be injected into %v: %s: %s", e.Process, e.Reason, e.Remedy)
}

// Unwrap returns the error of the system call.
func (e *NotTraceable) Unwrap() error { return e.Err }

// notNative returns the error for a program of another ABI than that of this
// machine's own programs: its system calls have other numbers.
func notNative(pid int) error {
	return &NotTraceable{
		Process: process.ID{PID: pid},
		Reason:  "it is a 32-bit program (or of another ABI than forkproof), whose system calls have other numbers",
		Remedy:  "build it for 64 bits, without -m32",
	}
}

// killedByFilter returns the error for a server that a seccomp filter sent SIGSYS
// while it was traced: a call that the tracer interrupts is made again by a number of
// its own, restart_syscall(2), which the filter may not know.
func killedByFilter(pid int) error {
	return &NotTraceable{
		Process: process.ID{PID: pid},
		Reason:  "its own seccomp filter sent it SIGSYS while it was traced",
		Remedy:  "judge it without the filter, or allow restart_syscall(2) in it",
	}
}

// checkABI reads the head of the program that a process runs. A program that it
// cannot read passes: each call that is hit is checked, too.
func checkABI(p process.ID) error {
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/exe", p.PID), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(fd) }()
	var head [elf.EI_NIDENT]byte
	if n, err := unix.Pread(fd, head[:], 0); err != nil || n < len(head) {
		return nil
	}
	if string(head[:4]) == elf.ELFMAG && elf.Class(head[elf.EI_CLASS]) == elf.ELFCLASS32 {
		return notNative(p.PID)
	}
	return nil
}

// refused explains why the kernel does not let a thread be traced, ptrace(2),
// "Ptrace access mode checking".
func refused(p process.ID, tid int, err error) error {
	e := &NotTraceable{Process: p, Err: err}
	reason := "ptrace is refused: " + err.Error()
	filtered := procfile.UnderSeccomp(os.Getpid())
	tracer := procfile.TracerOf(tid)
	yama := yamaScope()
	switch {
	case errors.Is(err, unix.ENOSYS) && !filtered:
		e.Reason, e.Remedy = reason, "allow the system call ptrace"
	case tracer != 0:
		pid := procfile.ProcessOf(tracer)
		e.Reason = fmt.Sprintf("process %d (%s) traces it already", pid, procfile.CommandName(pid))
		e.Remedy = "end that debugger first"
	case yama == 3:
		e.Reason = reason + ": Yama's ptrace_scope is 3, which allows no tracing at all"
		e.Remedy = "set kernel.yama.ptrace_scope to 1 at boot: it cannot be lowered before the next"
	case yama == 2:
		e.Reason = reason + ": Yama's ptrace_scope is 2, which allows tracing only with CAP_SYS_PTRACE"
		e.Remedy = "sysctl kernel.yama.ptrace_scope=1, or run forkproof as root"
	case filtered:
		e.Reason = reason + ": a seccomp filter is in force, as in a container"
		e.Remedy = "allow the system call ptrace: docker run --cap-add SYS_PTRACE, or --security-opt seccomp=unconfined"
	default:
		e.Reason = reason
		e.Remedy = "run forkproof as the server's own user or as root; a container needs --cap-add SYS_PTRACE; " +
			"a server that makes itself undumpable (prctl(2)) or is set-user-ID can be traced by root only"
	}
	return e
}

// yamaScope returns kernel.yama.ptrace_scope; 0 where there is no Yama.
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
