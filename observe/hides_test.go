package observe_test

import (
	"errors"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
)

// A process that has given up its memory is about to end, and hides nothing.
func TestHides(t *testing.T) {
	refused := errors.New("permission denied")
	for _, test := range []struct {
		name string
		p    observe.Process
		want bool
	}{
		{"readable", observe.Process{State: observe.Sleeping, RSSBytes: 4096}, false},
		{"refused", observe.Process{State: observe.Sleeping, RSSBytes: 4096, Unreadable: refused}, true},
		{"without memory", observe.Process{State: observe.Running, Unreadable: refused}, false},
		{"a zombie", observe.Process{State: observe.Zombie, RSSBytes: 4096, Unreadable: refused}, false},
	} {
		if got := test.p.Hides(); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
}

func TestReusesAddress(t *testing.T) {
	self := observe.ProcessID{PID: os.Getpid()}
	listener, err := net.Listen("tcp", "127.0.0.1:0") // Go sets it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	plain, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(plain) }()
	for fd, want := range map[int]bool{int(file.Fd()): true, plain: false} {
		if got, err := observe.ReusesAddress(self, fd); got != want || err != nil {
			t.Errorf("descriptor %d: %t, %v", fd, got, err)
		}
	}
}
