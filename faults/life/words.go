package life

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/report"
)

// A made is a call that a thread has made, and may have returned from.
type made struct {
	spec
	call     string // the kernel's name
	pid      int
	args     [6]uint64
	result   int64
	returned bool
	// path is read at the entry: execve leaves nothing of them.
	path string
	// outer returns the pid outside of one that the server uses.
	outer func(pid int) int
}

// longPath is how many characters of the folder of a file are told.
const longPath = 24

// shown is how many bytes of what is read or written are told.
const shown = 32

// memory reads the memory of the process; it returns less where it cannot be read.
func (m *made) memory(at uint64, size int) []byte {
	if at == 0 || size <= 0 {
		return nil
	}
	data := make([]byte, size)
	local := []unix.Iovec{{Base: &data[0], Len: uint64(size)}}
	remote := []unix.RemoteIovec{{Base: uintptr(at), Len: size}}
	n, err := unix.ProcessVMReadv(m.pid, local, remote, 0)
	if err != nil {
		return nil
	}
	return data[:n]
}

func (m *made) word(at uint64) (uint64, bool) {
	data := m.memory(at, 8)
	if len(data) < 8 {
		return 0, false
	}
	return binary.NativeEndian.Uint64(data), true
}

// text reads a string that ends with a zero byte, at most 256 bytes of it.
func (m *made) text(at uint64) string {
	const most, page = 256, 4096
	size := min(most, page-int(at%page)) // the next page may not be mapped
	data := m.memory(at, size)
	if end := slices.Index(data, 0); end >= 0 {
		data = data[:end]
	} else if size < most {
		more := m.memory(at+uint64(size), most-size)
		if end := slices.Index(more, 0); end >= 0 {
			more = more[:end]
		}
		data = append(data, more...)
	}
	return report.Line(string(data))
}

func join(parts ...string) string { return strings.Join(parts, ", ") }

func noArgs(*made) string { return "" }

func (m *made) fd() string { return m.number(0) }

// number returns an argument as an int of C.
func (m *made) number(n int) string { return strconv.Itoa(int(int32(m.args[n]))) }

// upTo is number, but for the greatest of all.
func (m *made) upTo(n int) string {
	if uint32(m.args[n]) == ^uint32(0) {
		return "~0"
	}
	return m.number(n)
}

// String returns the call as it stands in a program: "close(4)".
func (m *made) String() string {
	switch {
	case m.write != nil:
		return m.name + "(" + m.write(m) + ")"
	case m.onFD:
		return m.name + "(" + m.number(0) + ")"
	}
	return m.name + "()"
}

var families = map[uint64]string{unix.AF_INET: "AF_INET", unix.AF_INET6: "AF_INET6", unix.AF_UNIX: "AF_UNIX", unix.AF_NETLINK: "AF_NETLINK"}

var kinds = map[uint64]string{unix.SOCK_STREAM: "SOCK_STREAM", unix.SOCK_DGRAM: "SOCK_DGRAM", unix.SOCK_RAW: "SOCK_RAW"}

func named(names map[uint64]string, n uint64) string {
	if name, known := names[n]; known {
		return name
	}
	return strconv.FormatUint(n, 10)
}

func socketArgs(m *made) string {
	const flags = unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	kind := named(kinds, m.args[1]&^flags)
	if m.args[1]&unix.SOCK_NONBLOCK != 0 {
		kind += " | SOCK_NONBLOCK"
	}
	return join(named(families, m.args[0]), kind)
}

// addressArgs writes a socket address: bind(3, 0.0.0.0:7007).
func addressArgs(m *made) string {
	if a, ok := m.address(); ok {
		return join(m.fd(), a.String())
	}
	return m.fd()
}

// address reads the socket address that the second argument points to.
func (m *made) address() (netip.AddrPort, bool) {
	data := m.memory(m.args[1], int(min(m.args[2], unix.SizeofSockaddrInet6)))
	if len(data) < unix.SizeofSockaddrInet4 {
		return netip.AddrPort{}, false
	}
	port := binary.BigEndian.Uint16(data[2:])
	switch binary.NativeEndian.Uint16(data) {
	case unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(data[4:8])), port), true
	case unix.AF_INET6:
		if len(data) >= 24 {
			return netip.AddrPortFrom(netip.AddrFrom16([16]byte(data[8:24])).Unmap(), port), true
		}
	}
	return netip.AddrPort{}, false
}

var options = map[uint64]string{
	unix.SO_REUSEADDR: "SO_REUSEADDR", unix.SO_REUSEPORT: "SO_REUSEPORT", unix.SO_LINGER: "SO_LINGER",
	unix.SO_KEEPALIVE: "SO_KEEPALIVE", unix.SO_RCVTIMEO: "SO_RCVTIMEO", unix.SO_SNDTIMEO: "SO_SNDTIMEO",
}

func optionArgs(m *made) string {
	switch m.args[1] {
	case unix.SOL_SOCKET:
		return join(m.fd(), "SOL_SOCKET", named(options, m.args[2]))
	case unix.IPPROTO_TCP:
		if m.args[2] == unix.TCP_NODELAY {
			return join(m.fd(), "IPPROTO_TCP", "TCP_NODELAY")
		}
	}
	return join(m.fd(), m.number(1), m.number(2))
}

func shutdownArgs(m *made) string {
	return join(m.fd(), named(map[uint64]string{unix.SHUT_RD: "SHUT_RD", unix.SHUT_WR: "SHUT_WR", unix.SHUT_RDWR: "SHUT_RDWR"}, m.args[1]))
}

func epollArgs(m *made) string {
	how := named(map[uint64]string{unix.EPOLL_CTL_ADD: "EPOLL_CTL_ADD", unix.EPOLL_CTL_DEL: "EPOLL_CTL_DEL", unix.EPOLL_CTL_MOD: "EPOLL_CTL_MOD"}, m.args[1])
	return join(m.fd(), how, m.number(2))
}

func fcntlArgs(m *made) string {
	return join(m.fd(), named(map[uint64]string{
		unix.F_DUPFD: "F_DUPFD", unix.F_DUPFD_CLOEXEC: "F_DUPFD_CLOEXEC", unix.F_GETFD: "F_GETFD", unix.F_SETFD: "F_SETFD",
		unix.F_GETFL: "F_GETFL", unix.F_SETFL: "F_SETFL",
	}, m.args[1]))
}

// readArgs tells what was read: read(4, "hello\n").
func readArgs(m *made) string { return m.bytes(int(m.result)) }

func writeArgs(m *made) string { return m.bytes(int(m.args[2])) }

func (m *made) bytes(n int) string {
	data := m.memory(m.args[1], min(n, shown))
	if len(data) == 0 {
		return m.fd()
	}
	text := strconv.QuoteToASCII(string(data))
	if n > len(data) {
		text += "…"
	}
	return join(m.fd(), text)
}

func pathArgs(at int) func(*made) string {
	return func(m *made) string {
		if m.path == "" {
			m.path = m.text(m.args[at])
			if i := strings.LastIndexByte(m.path, '/'); i > longPath {
				m.path = "…" + m.path[i:]
			}
			m.path = strconv.Quote(m.path)
		}
		return m.path
	}
}

func (m *made) process(n int) string {
	pid := int(int32(m.args[n]))
	if pid > 0 {
		pid = m.outer(pid)
	}
	return strconv.Itoa(pid)
}

func pidArgs(m *made) string { return m.process(0) }

func killArgs(m *made) string { return join(m.process(0), signal(int(m.args[1]))) }

// signal names a signal.
func signal(n int) string {
	if name := unix.SignalName(unix.Signal(n)); name != "" {
		return name
	}
	return strconv.Itoa(n)
}

func waitArgs(m *made) string {
	flags := ""
	if m.args[2]&unix.WNOHANG != 0 {
		flags = "WNOHANG"
	}
	if m.args[2]&unix.WUNTRACED != 0 {
		flags = strings.TrimPrefix(flags+" | WUNTRACED", " | ")
	}
	if flags == "" {
		flags = "0"
	}
	return join(m.process(0), flags)
}

func waitidArgs(m *made) string {
	which := map[uint64]string{unix.P_ALL: "P_ALL", unix.P_PID: "P_PID", unix.P_PGID: "P_PGID", unix.P_PIDFD: "P_PIDFD"}
	text := named(which, m.args[0])
	if m.args[3]&unix.WNOHANG != 0 {
		text = join(text, "WNOHANG")
	}
	return text
}

// actionArgs tells a signal, what is done with it, and the flags that matter.
func actionArgs(m *made) string {
	const restart, noStop, noWait, reset = 0x10000000, 1, 2, 0x80000000
	text := signal(int(m.args[0]))
	handler, ok := m.word(m.args[1])
	flags, _ := m.word(m.args[1] + 8)
	switch {
	case m.args[1] == 0:
		return join(text, "…")
	case !ok:
		return text
	case handler == 0:
		return join(text, "SIG_DFL")
	case handler == 1:
		return join(text, "SIG_IGN")
	}
	parts := []string{text, "handler"}
	for _, f := range []struct {
		bit  uint64
		name string
	}{{restart, "SA_RESTART"}, {noStop, "SA_NOCLDSTOP"}, {noWait, "SA_NOCLDWAIT"}, {reset, "SA_RESETHAND"}} {
		if flags&f.bit != 0 {
			parts = append(parts, f.name)
		}
	}
	return join(parts...)
}

func maskArgs(m *made) string {
	how := named(map[uint64]string{unix.SIG_BLOCK: "SIG_BLOCK", unix.SIG_UNBLOCK: "SIG_UNBLOCK", unix.SIG_SETMASK: "SIG_SETMASK"}, m.args[0])
	set, ok := m.word(m.args[1])
	if !ok {
		return how
	}
	var names []string
	for n := 1; n <= 64 && len(names) < 4; n++ {
		if set&(1<<(n-1)) != 0 {
			names = append(names, signal(n))
		}
	}
	return join(how, "{"+strings.Join(names, " ")+"}")
}
