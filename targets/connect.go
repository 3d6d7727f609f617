package targets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
)

// connect connects the non-blocking socket fd, which it takes over, and waits
// for the handshake through the runtime's poller, without a thread of its own.
func connect(ctx context.Context, fd int, to netip.AddrPort) (*net.TCPConn, error) {
	file := os.NewFile(uintptr(fd), "tcp connection")
	defer func() { _ = file.Close() }() // FileConn works on a duplicate
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("connect to %v: %w", to, err)
	}
	if err := unix.Connect(fd, sockaddr(to)); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return nil, fmt.Errorf("connect to %v: %w", to, err)
	}
	stop := context.AfterFunc(ctx, crash.Guarded(func() { _ = file.SetWriteDeadline(time.Unix(1, 0)) }))
	defer stop()
	var failure error
	err = raw.Write(func(fd uintptr) bool {
		var done bool
		done, failure = handshakeDone(int(fd))
		return done
	})
	if err == nil {
		err = failure
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("connect to %v: %w", to, err)
	}
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("connect to %v: %w", to, err)
	}
	return conn.(*net.TCPConn), nil
}

// handshakeDone says whether a connect(2) in progress has ended, and how.
func handshakeDone(fd int) (bool, error) {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return true, fmt.Errorf("getsockopt SO_ERROR: %w", err)
	}
	if code != 0 {
		return true, unix.Errno(code)
	}
	_, err = unix.Getpeername(fd)
	return err == nil, nil
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

func family(a netip.AddrPort) int {
	if a.Addr().Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
