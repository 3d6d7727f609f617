package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// openSockets opens count sockets in the network namespace of the caller.
func openSockets(domain, kind, protocol, count int) ([]int, error) {
	fds := make([]int, 0, count)
	for range count {
		fd, err := unix.Socket(domain, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
		if err != nil {
			closeAll(fds)
			return nil, fmt.Errorf("open socket %d of %d: %w", len(fds)+1, count, err)
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

// closeAll closes descriptors that came with a message or were made for one.
func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}
