package targets

import (
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// Whoever asks the kernel for any port is not given the one that a server is to
// listen on.
func TestPortIsNotTheKernelsToGive(t *testing.T) {
	low := firstGivenOut()
	if low <= firstPort {
		t.Skipf("the kernel chooses from %d on here", low)
	}
	for range 100 {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		for _, port := range []uint16{port, drawnPort()} {
			if port < firstPort || port >= low {
				t.Fatalf("port %d: it is to be from %d to %d", port, firstPort, low-1)
			}
			if swapped := port<<8 | port>>8; swapped == port || swapped < 1024 {
				t.Fatalf("port %d: a server without htons listens on %d", port, swapped)
			}
		}
	}
}

func TestPortInUseIsPassedOver(t *testing.T) {
	lastTried.Store(0) // far from the last port, after which the first one comes
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	// On one address only: a server may ask for all of them.
	next := port + 1
	for !showsByteOrder(next) {
		next++
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: int(next), Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Skipf("the next port is in use: %v", err)
	}
	got, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	if got == next {
		t.Fatalf("port %d is in use, and was given", got)
	}
}

// Several hosts look for a port at once, before any server listens.
func TestNoTwoHostsGetOnePort(t *testing.T) {
	const hosts = 64
	ports := make([]uint16, hosts)
	var all sync.WaitGroup
	for i := range ports {
		all.Go(func() {
			port, err := freePort()
			if err != nil {
				t.Error(err)
			}
			ports[i] = port
		})
	}
	all.Wait()
	seen := map[uint16]bool{}
	for _, port := range ports {
		if seen[port] {
			t.Errorf("port %d was given twice", port)
		}
		seen[port] = true
	}
}
