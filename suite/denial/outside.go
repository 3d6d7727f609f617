package denial

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// An outside knows what forkproof itself may do: it runs where the server would run
// outside of the sandbox, as the same user. It changes nothing to find that out.
type outside struct {
	capabilities uint64
	// onMachine says that its capabilities hold for the whole machine, and not for a
	// user namespace alone.
	onMachine bool
	uid       int
}

// here returns what this process may do.
func here() outside {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return outside{uid: os.Geteuid()}
	}
	return outside{uint64(data[0].Effective) | uint64(data[1].Effective)<<32, inFirstNamespace(), os.Geteuid()}
}

// inFirstNamespace says whether this process is in the user namespace that the
// machine began with: its inode number is always the same, PROC_USER_INIT_INO.
func inFirstNamespace() bool {
	const first = 0xEFFFFFFD
	var stat unix.Stat_t
	return unix.Stat("/proc/self/ns/user", &stat) == nil && stat.Ino == first
}

// rules says whether it has a capability on the whole machine.
func (o outside) rules(capability int) bool { return o.onMachine && o.capable(capability) }

func (o outside) capable(capability int) bool { return o.capabilities>>capability&1 == 1 }

// denied returns the denial when a call that failed would not have failed outside.
func (o outside) denied(call trace.Call, tier sandbox.Tier) *Denial {
	var d *Denial
	switch {
	case len(call.Paths) > 0:
		d = o.path(call, tier)
	case call.Name == "bind":
		d = o.bind(call)
	case call.Name == "socket":
		d = o.socket(call)
	case call.Name == "setrlimit" || call.Name == "prlimit64":
		d = o.limit(call)
	case call.Name == "io_uring_setup":
		d = o.ring(call)
	default:
		d = o.right(call)
	}
	if d != nil {
		d.Errno = call.Errno
	}
	return d
}

// bind judges bind(2) of an address of the Internet: it binds the same one for a
// moment.
func (o outside) bind(call trace.Call) *Denial {
	address, family, ok := parseAddress(call.Data)
	if !ok || call.Errno != unix.EACCES && call.Errno != unix.EADDRNOTAVAIL || !binds(family, address) {
		return nil
	}
	d := &Denial{
		What:   "bind " + address.String(),
		Remedy: "Have it bind a port from 1024 on, or use --isolation namespaces, which has a network of its own",
	}
	if call.Errno == unix.EADDRNOTAVAIL {
		d.Remedy = "Have it bind 0.0.0.0 or 127.0.0.1, or use --isolation same-uid, which has the machine's network"
	}
	return d
}

// parseAddress reads struct sockaddr_in and sockaddr_in6, ip(7) and ipv6(7).
func parseAddress(data []byte) (address netip.AddrPort, family int, ok bool) {
	if len(data) < 8 {
		return address, 0, false
	}
	port := binary.BigEndian.Uint16(data[2:])
	switch family := int(binary.NativeEndian.Uint16(data)); {
	case family == unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(data[4:])), port), family, true
	case family == unix.AF_INET6 && len(data) >= 24:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(data[8:])), port), family, true
	}
	return address, 0, false
}

// binds says whether this process can bind an address, or could if no other program
// had it.
func binds(family int, address netip.AddrPort) bool {
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	if family == unix.AF_INET {
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()})
	} else {
		err = unix.Bind(fd, &unix.SockaddrInet6{Port: int(address.Port()), Addr: address.Addr().As16()})
	}
	return err == nil || errors.Is(err, unix.EADDRINUSE)
}

// socket makes the same socket, and closes it.
func (outside) socket(call trace.Call) *Denial {
	fd, err := unix.Socket(int(call.Args[0]), int(call.Args[1])|unix.SOCK_CLOEXEC, int(call.Args[2]))
	if err != nil {
		return nil
	}
	_ = unix.Close(fd)
	return &Denial{
		What:   "make a socket of domain " + number(call.Args[0]) + " and protocol " + number(call.Args[2]),
		Remedy: "No flag allows it; see docs/isolation.md",
	}
}

// ring asks the kernel for io_uring in a way that makes nothing: it refuses the
// address, EFAULT, where there is one.
func (outside) ring(trace.Call) *Denial {
	_, _, errno := unix.RawSyscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
	if errno != unix.EFAULT {
		return nil
	}
	return &Denial{What: "use io_uring", Remedy: "No flag allows it; use poll or epoll where it is absent"}
}

// limit judges setrlimit(2): outside the hard limit is forkproof's.
func (o outside) limit(call trace.Call) *Denial {
	resource := call.Args[0]
	if call.Name == "prlimit64" {
		resource = call.Args[1]
		if call.Args[0] != 0 && int(call.Args[0]) != call.PID {
			return nil // of another process
		}
	}
	var now unix.Rlimit
	if len(call.Data) < 16 || call.Errno != unix.EPERM || unix.Getrlimit(int(resource), &now) != nil {
		return nil
	}
	if wanted := binary.NativeEndian.Uint64(call.Data[8:]); wanted > now.Max && !o.rules(unix.CAP_SYS_RESOURCE) {
		return nil
	}
	return &Denial{
		What:   "raise a resource limit (setrlimit " + number(resource) + ")",
		Remedy: "No flag allows it; go on with the limit that there is",
	}
}

// path judges a call that names files.
func (o outside) path(call trace.Call, tier sandbox.Tier) *Denial {
	switch call.Errno {
	case unix.EACCES, unix.EPERM, unix.EROFS, unix.ENOENT, unix.EXDEV:
	default:
		return nil
	}
	path := call.Paths[len(call.Paths)-1]
	if slices.Contains(call.Paths, "") || slices.ContainsFunc([]string{"/proc", "/sys", "/dev"}, below(path)) {
		return nil
	}
	what, writes, ok := o.wouldDo(call, path)
	if !ok {
		return nil
	}
	return &Denial{What: what, Remedy: pathRemedy(call, path, tier, writes)}
}

// below says whether a path lies in a directory.
func below(path string) func(dir string) bool {
	return func(dir string) bool {
		relative, err := filepath.Rel(dir, path)
		return err == nil && filepath.IsLocal(relative)
	}
}
