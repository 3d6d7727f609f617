package targets

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// The port that {port} stands for lies below those that the kernel chooses from
// for whoever asks for any port, ip(7), ip_local_port_range. A server may do
// that first, for a second listening socket, and would once in some thousand
// starts be given the very port that it is to listen on.
const (
	// ownPort is for a server with a network namespace of its own, where the
	// kernel begins at 32768.
	ownPort   = 20001
	firstPort = 10000
)

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
		port, err := bindable(uint16(firstPort + lastTried.Add(1)%(below-firstPort)))
		if !errors.Is(err, unix.EADDRINUSE) {
			return port, err
		}
	}
	return bindable(0)
}

// firstGivenOut is the lowest port that the kernel chooses by itself.
func firstGivenOut() uint16 {
	const usual = 32768
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usual
	}
	var low uint16
	if _, err := fmt.Fscan(bytes.NewReader(text), &low); err != nil {
		return usual
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
