package observe

import (
	"fmt"
	"strconv"
)

// call reads which system call a thread sleeps in.
func (r *procReader) call(dir *procDir, tid int) (Call, error) {
	r.setNumberPath("task/", tid, "/syscall")
	text, err := r.read(dir)
	if err != nil {
		return Call{Number: noCall}, err
	}
	return parseCall(text), nil
}

// parseCall reads a line of proc_pid_syscall(5): "running", or -1, stack
// pointer and program counter, or number, six arguments and the two pointers.
func parseCall(text []byte) Call {
	f := fields(text)
	first := string(f.next())
	if first == "running" {
		return Call{Number: noCall, Running: true}
	}
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil || n < 0 {
		return Call{Number: noCall}
	}
	c := Call{Number: n}
	for i := range c.Args {
		c.Args[i] = f.hex()
	}
	if stack := f.hex(); stack>>32 == 0 {
		// Only a 32-bit process has its stack so low; its numbers are others.
		c.Name = fmt.Sprintf("32-bit syscall %d", n)
		return c
	}
	c.Name = c.resumed()
	return c
}

// resumed names the call. One that a stop signal interrupted is shown as
// restart_syscall(2) with the arguments of the original; only poll can be told
// by them: a pointer, a small number that is no operation of futex, and
// nanosleep would have a pointer or nothing in the second place.
func (c Call) resumed() string {
	name := callName(c.Number)
	if name != "restart_syscall" {
		return name
	}
	const lowestPointer = 1 << 16 // vm.mmap_min_addr
	fds, count := c.Args[0], c.Args[1]
	if fds >= lowestPointer && count > 0 && count < lowestPointer && !isFutexWait(count) {
		return "poll"
	}
	return name
}

// callName gives the name of a number of this architecture.
func callName(n int64) string {
	if name, known := callNames[n]; known {
		return name
	}
	return fmt.Sprintf("syscall %d", n)
}
