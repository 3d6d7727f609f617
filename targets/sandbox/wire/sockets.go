package wire

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// OpenSockets opens count sockets in the network namespace of the caller.
func OpenSockets(domain, kind, protocol, count int) ([]int, error) {
	fds := make([]int, 0, count)
	for range count {
		fd, err := unix.Socket(domain, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
		if err != nil {
			CloseFDs(fds)
			return nil, fmt.Errorf("open socket %d of %d: %w", len(fds)+1, count, err)
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

// CloseFDs closes descriptors that came with a message or were made for one.
func CloseFDs(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}
