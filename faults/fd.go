package faults

import (
	"fmt"
	"os"
	"strings"
)

// Descriptor chooses the calls on descriptor number n.
func Descriptor(n int) FD { return func(_, fd int) bool { return fd == n } }

// AnySocket chooses the calls on sockets of any kind.
func AnySocket() FD {
	return func(tid, fd int) bool { return strings.HasPrefix(linkOf(tid, fd), "socket:[") }
}

// Socket chooses the calls on the socket with this inode number, under
// whatever descriptor (proc_pid_fd(5)).
func Socket(inode uint64) FD {
	want := fmt.Sprintf("socket:[%d]", inode)
	return func(tid, fd int) bool { return linkOf(tid, fd) == want }
}

// linkOf says what a descriptor of a thread is: "socket:[81234]"; empty when
// it is not open.
func linkOf(tid, fd int) string {
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, fd))
	if err != nil {
		return ""
	}
	return link
}
