package faults

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// clientKind is a client that leaves badly.
var clientKind = Kind{
	Name: "client",
	Forms: []Form{
		{"reset", "connect, send a byte, and reset", "client=reset"},
		{"vanish", "connect, send a byte, and vanish: no FIN, no RST", "client=vanish"},
	},
	Make: func(text string) (Action, error) {
		leave, found := map[string]func(*net.TCPConn) error{"reset": reset, "vanish": vanish}[text]
		if !found {
			return Action{}, fmt.Errorf("unknown way to leave %q: known are reset, vanish", text)
		}
		return Action{Do: func(ctx context.Context, s Server) (Undo, error) {
			limited, cancel := context.WithTimeout(ctx, dialLimit)
			defer cancel()
			conn, err := s.Dial(limited)
			if errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ECONNRESET) || errors.Is(err, context.DeadlineExceeded) {
				return nil, fmt.Errorf("%w: %w", ErrMissed, err)
			}
			if err != nil {
				return nil, err
			}
			_, _ = conn.Write([]byte("x")) // the server may have reset it by now
			if err := leave(conn); err != nil {
				return nil, errors.Join(err, conn.Close())
			}
			s.Hit(0, "client", text)
			return nil, nil
		}}, nil
	},
	Check: func(context.Context, Probe) error { return checkRepair() },
}

// dialLimit is how long a client waits for a server that does not answer: its
// accept queue is full, or its network is down.
const dialLimit = time.Second

// reset closes a connection with a RST (SO_LINGER 0, socket(7)).
func reset(conn *net.TCPConn) error {
	_ = conn.SetLinger(0) // the server may have reset it by now
	return conn.Close()
}

// vanish closes the client's end of a connection without telling the other end:
// the kernel sends neither FIN nor RST, as when the client's machine loses power.
// The server's end stays ESTABLISHED, half-open (RFC 9293, section 3.5.1), until
// it sends, which the kernel answers with RST as a machine does that has started
// again. It takes CAP_NET_ADMIN in the network namespace of the connection
// (TCP_REPAIR, tcp(7)); without it the error is EPERM, and the connection stays as
// it was.
func vanish(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("vanish: %w", err)
	}
	var failure error
	err = raw.Control(func(fd uintptr) { failure = repair(int(fd)) })
	if err = errors.Join(err, failure); err != nil {
		return fmt.Errorf("vanish: setsockopt TCP_REPAIR, which takes CAP_NET_ADMIN: %w", err)
	}
	return conn.Close()
}

// repair makes the kernel close a socket without a packet.
func repair(fd int) error { return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_REPAIR, 1) }

// checkRepair tries vanish's means on a socket that is not connected.
func checkRepair() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := repair(fd); err != nil {
		return &Unavailable{
			fmt.Sprintf("client=vanish takes CAP_NET_ADMIN (%v), client=reset does not", err),
			"run forkproof as root",
		}
	}
	return nil
}
