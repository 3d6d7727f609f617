package proc

import (
	"fmt"
	"strconv"
)

// NoSyscall is the number of a task that blocks outside a system call,
// proc_pid_syscall(5).
const NoSyscall = -1

// A Syscall is the system call that a task blocks in, proc_pid_syscall(5).
type Syscall struct {
	// Number is the architecture's number, or NoSyscall.
	Number int64
	// Name is that of the call, empty outside a system call. A number that
	// SyscallName does not know is "syscall 318".
	Name string
	Args [6]uint64
	// Running says that the task does not block.
	Running bool
}

// ParseSyscall parses a syscall file: "running"; or -1, the stack pointer and
// the program counter; or a number, six arguments and the two pointers.
func ParseSyscall(text []byte) Syscall {
	f := fields(text)
	first := string(f.next())
	if first == "running" {
		return Syscall{Number: NoSyscall, Running: true}
	}
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil || n < 0 {
		return Syscall{Number: NoSyscall}
	}
	s := Syscall{Number: n}
	for i := range s.Args {
		s.Args[i], _ = f.hexadecimal()
	}
	if stack, _ := f.hexadecimal(); stack>>32 == 0 {
		// Only a 32-bit process has its stack so low; it uses other numbers.
		s.Name = fmt.Sprintf("32-bit syscall %d", n)
		return s
	}
	s.Name = s.original()
	return s
}

// original returns the name of the call. The kernel shows a call that a stop
// signal interrupted as restart_syscall(2) with the arguments of the original.
// Only poll(2) can be told from these: it has a pointer first, and then a small
// number that is no operation of futex(2), where nanosleep(2) has a pointer or
// nothing.
func (s Syscall) original() string {
	name := SyscallName(s.Number)
	if name != "restart_syscall" {
		return name
	}
	const lowestPointer = 1 << 16 // vm.mmap_min_addr
	fds, count := s.Args[0], s.Args[1]
	if fds >= lowestPointer && count > 0 && count < lowestPointer && !isFutexWait(count) {
		return "poll"
	}
	return name
}

// Operations of futex(2) that wait, without their flags.
const (
	FutexWait         = 0 // the only one with a relative timeout
	futexWaitBitset   = 9
	futexLockPI       = 6
	futexWaitRequeue  = 11
	futexLockPI2      = 13
	futexOperationAll = 0x1ff

	// FutexOperation masks the flags.
	FutexOperation = 0x7f
)

// isFutexWait reports whether an argument is an operation of futex that waits.
func isFutexWait(arg uint64) bool {
	if arg > futexOperationAll {
		return false
	}
	switch arg & FutexOperation {
	case FutexWait, futexWaitBitset, futexLockPI, futexWaitRequeue, futexLockPI2:
		return true
	}
	return false
}
