package observe

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// A Wait says whether a sleep can end by time alone.
type Wait uint8

// The kinds of waits.
const (
	Unknown Wait = iota // it could not be found out
	Untimed             // only an event or a signal ends it
	Timed               // the clock ends it
)

// String gives the wait in a word: "untimed".
func (w Wait) String() string {
	switch w {
	case Untimed:
		return "untimed"
	case Timed:
		return "timed"
	default:
		return "unknown"
	}
}

// A Call is the system call that a task sleeps in, proc_pid_syscall(5).
type Call struct {
	// Number is the architecture's number; -1 outside a system call, or when
	// it could not be read.
	Number int64
	// Name is empty outside a system call. A number that is not in this
	// package's table is "syscall 318".
	Name string
	Args [6]uint64
	// Running says that the task did not sleep.
	Running bool
	// Wait says whether the clock can end the sleep.
	Wait Wait
	// Timeout is the length of a timed wait from its beginning; 0 when unknown.
	Timeout time.Duration
}

func callOf(s proc.Syscall) Call {
	return Call{Number: s.Number, Name: s.Name, Args: s.Args, Running: s.Running}
}

// FD gives the descriptor that the call waits on, where its first argument is one.
func (c Call) FD() (int, bool) {
	if !c.onDescriptor() {
		return 0, false
	}
	return int(int32(c.Args[0])), true
}

func (c Call) onDescriptor() bool { return !c.Running && calls[c.Name].onDescriptor }

// Accepts reports whether the call returns when a connection waits in the accept
// queue of its descriptor.
func (c Call) Accepts() bool { return calls[c.Name].use == accepts }

// Reads reports whether the call returns when its descriptor has input. A call
// with MSG_PEEK or MSG_WAITALL may wait for more than there is.
func (c Call) Reads() bool {
	kind := calls[c.Name]
	more := kind.flags > 0 && c.Args[kind.flags]&(unix.MSG_PEEK|unix.MSG_WAITALL) != 0
	return kind.use == reads && !more
}

// String describes the call for people: "accept4(3)", "wait4(-1)",
// "poll(timeout 5s)", "running".
func (c Call) String() string {
	switch {
	case c.Running:
		return "running"
	case c.Name == "":
		return "no system call"
	}
	var args []string
	if fd, ok := c.FD(); ok || calls[c.Name].onPID {
		if !ok {
			fd = int(int32(c.Args[0]))
		}
		args = append(args, fmt.Sprint(fd))
	}
	switch {
	case c.Wait == Timed && c.Timeout > 0:
		args = append(args, fmt.Sprintf("timeout %v", c.Timeout))
	case c.Wait == Timed:
		args = append(args, "with a timeout")
	case c.Wait == Untimed && len(args) == 0 && calls[c.Name].timeout != nil:
		args = append(args, "no timeout")
	}
	return fmt.Sprintf("%s(%s)", c.Name, strings.Join(args, ", "))
}

// sameSleep says whether two readings show the same call with the same arguments.
func (c Call) sameSleep(d Call) bool {
	return c.Number == d.Number && c.Args == d.Args && c.Running == d.Running
}
