package faults

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/value"
)

// loopbackKind takes the network of the server down for a time.
var loopbackKind = Kind{
	Name:       "loopback",
	Forms:      []Form{{"DURATION", "take the server's network down, one of its own", "loopback=50ms"}},
	OwnNetwork: true,
	Make: func(text string) (Action, error) {
		d, err := value.Duration("loopback", text)
		return Action{Lasts: d, Do: func(ctx context.Context, s Server) (Undo, error) {
			socket, err := s.NetworkSocket(ctx)
			if err != nil {
				return nil, err
			}
			defer func() { _ = unix.Close(socket) }()
			undo, err := takeLoopbackDown(socket)
			if err == nil {
				s.Hit(0, "loopback", fmt.Sprintf("down for %v", d))
			}
			return undo, err
		}}, err
	},
	Check: func(_ context.Context, probe Probe) error {
		undo, err := takeLoopbackDown(probe.Socket)
		if err != nil {
			return err
		}
		return undo()
	},
}

// errOwnNetwork is the error when the loopback interface is that of the machine,
// which takeLoopbackDown does not take down.
var errOwnNetwork error = &Unavailable{
	"the server has no network of its own, and that of the machine is not taken down",
	"run as root, or allow user namespaces",
}

// takeLoopbackDown takes down the loopback interface of the network namespace in
// which a socket of any kind was made; the socket may be closed afterwards. No
// packet gets through until the Undo brings the interface up again. It takes
// CAP_NET_ADMIN in that namespace (EPERM), netdevice(7).
func takeLoopbackDown(socket int) (Undo, error) {
	own, err := sharesNetwork(socket)
	if err == nil && own {
		err = errOwnNetwork
	}
	if err != nil {
		return nil, fmt.Errorf("loopback down: %w", err)
	}
	kept, err := unix.FcntlInt(uintptr(socket), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("loopback down: dup: %w", err)
	}
	if err := setUp(kept, false); err != nil {
		return nil, errors.Join(fmt.Errorf("loopback down: %w", err), unix.Close(kept))
	}
	return once(func() error {
		if err := setUp(kept, true); err != nil {
			return fmt.Errorf("loopback up: %w", err)
		}
		return unix.Close(kept)
	}), nil
}

// sharesNetwork reports whether a socket is of the network namespace that this
// process is in (SO_NETNS_COOKIE, socket(7)).
func sharesNetwork(socket int) (bool, error) {
	own, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, fmt.Errorf("socket: %w", err)
	}
	defer func() { _ = unix.Close(own) }()
	here, err := unix.GetsockoptUint64(own, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if err != nil {
		return false, fmt.Errorf("getsockopt SO_NETNS_COOKIE: %w", err)
	}
	there, err := unix.GetsockoptUint64(socket, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if err != nil {
		return false, fmt.Errorf("getsockopt SO_NETNS_COOKIE: %w", err)
	}
	return here == there, nil
}

// setUp sets or clears IFF_UP of the loopback interface, netdevice(7).
func setUp(socket int, up bool) error {
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(socket, unix.SIOCGIFFLAGS, request); err != nil {
		return fmt.Errorf("ioctl SIOCGIFFLAGS: %w", err)
	}
	flags := request.Uint16() &^ unix.IFF_UP
	if up {
		flags |= unix.IFF_UP
	}
	request.SetUint16(flags)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("ioctl SIOCSIFFLAGS: %w", err)
	}
	return nil
}
