package proc

import "fmt"

// Syscall returns the system call in which a thread is blocked, and its first
// argument (proc_pid_syscall(5)). blocked is false when it is in none.
func Syscall(pid, tid int) (number, first uint64, blocked bool) {
	text, err := ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", pid, tid))
	if err != nil {
		return 0, 0, false
	}
	_, err = fmt.Sscanf(string(text), "%d 0x%x", &number, &first)
	return number, first, err == nil // else "running", or "-1": in no system call
}
