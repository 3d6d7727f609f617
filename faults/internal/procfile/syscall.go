package procfile

import (
	"fmt"

	"github.com/forkproof/forkproof/internal/proc"
)

// Syscall reads the system call in which a thread is blocked, proc_pid_syscall(5).
// Its Name is empty when the thread is in none, or the file cannot be read.
func Syscall(pid, tid int) proc.Syscall {
	text, err := Read(fmt.Sprintf("/proc/%d/task/%d/syscall", pid, tid))
	if err != nil {
		return proc.Syscall{Number: proc.NoSyscall}
	}
	return proc.ParseSyscall(text)
}
