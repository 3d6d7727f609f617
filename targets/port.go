package targets

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// The port that {port} stands for is drawn, so that it says nothing to a server. Its
// two bytes differ, and exchanged they are a port that every user may take: a server
// that forgets htons(3) listens on that one. It lies below those that the kernel chooses from
// for whoever asks for any port, ip(7), ip_local_port_range. A server may do
// that first, for a second listening socket, and would once in some thousand
// starts be given the very port that it is to listen on.
const (
	firstPort = 10000
	// usualFirstGivenOut is where the kernel begins in a new network namespace.
	usualFirstGivenOut = 32768
	firstUnprivileged  = 1024
)

// drawnPort returns a port for a server with a network namespace of its own.
func drawnPort() uint16 {
	for {
		if port := uint16(firstPort + rand.Uint32N(usualFirstGivenOut-firstPort)); showsByteOrder(port) {
			return port
		}
	}
}

// showsByteOrder reports whether a port in the wrong byte order is another one that a
// server may listen on.
func showsByteOrder(port uint16) bool {
	swapped := bits.ReverseBytes16(port)
	return swapped != port && swapped >= firstUnprivileged
}

// lastTried counts on from port to port, so that hosts of one process never
// come to the same one.
var lastTried atomic.Uint32

func init() { lastTried.Store(rand.Uint32N(1 << 16)) }

// freePort finds a port that nobody uses at this moment.
func freePort() (uint16, error) {
	below := uint32(firstGivenOut())
	if below <= firstPort {
		return bindable(0)
	}
	for range below - firstPort {
		drawn := uint16(firstPort + lastTried.Add(1)%(below-firstPort))
		if !showsByteOrder(drawn) {
			continue
		}
		port, err := bindable(drawn)
		if !errors.Is(err, unix.EADDRINUSE) {
			return port, err
		}
	}
	return bindable(0)
}

// firstGivenOut is the lowest port that the kernel chooses by itself.
func firstGivenOut() uint16 {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usualFirstGivenOut
	}
	var low uint16
	if _, err := fmt.Fscan(bytes.NewReader(text), &low); err != nil {
		return usualFirstGivenOut
	}
	return low
}

// bindable says whether a server could listen on a port, on every address; 0
// stands for one that the kernel chooses.
func bindable(port uint16) (uint16, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("find a free port: socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: int(port)}); err != nil {
		return 0, fmt.Errorf("find a free port: bind: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, fmt.Errorf("find a free port: getsockname: %w", err)
	}
	return uint16(name.(*unix.SockaddrInet4).Port), nil
}
