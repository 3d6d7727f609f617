package trace

import (
	"fmt"
	"strings"

	"github.com/forkproof/forkproof/faults/internal/proc"
)

// Descriptor chooses the calls on descriptor number n.
func Descriptor(n int) FD { return func(_, fd int) bool { return fd == n } }

// AnySocket chooses the calls on sockets of any kind.
func AnySocket() FD {
	return func(tid, fd int) bool { return strings.HasPrefix(proc.Link(tid, fd), "socket:[") }
}

// Socket chooses the calls on the socket with this inode number, under
// whatever descriptor (proc_pid_fd(5)).
func Socket(inode uint64) FD {
	want := fmt.Sprintf("socket:[%d]", inode)
	return func(tid, fd int) bool { return proc.Link(tid, fd) == want }
}
