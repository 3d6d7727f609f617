package observe_test

import (
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
)

// TestDeferred reads the option of a listening socket of this process.
func TestDeferred(t *testing.T) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	file, err := listener.File() // of the same socket
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	fd := int(file.Fd())
	for _, want := range []bool{false, true} {
		if want {
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 1); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := observe.Deferred(observe.ProcessID{PID: os.Getpid()}, fd); got != want || err != nil {
			t.Errorf("deferred %t, %v, want %t", got, err, want)
		}
	}
}
