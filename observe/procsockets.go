package observe

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"

	"github.com/prometheus/procfs"
)

// ProcSockets is the socket table of the namespace of a process, by
// /proc/PID/net/tcp and tcp6, proc_pid_net(5). It is for kernels without inet_diag:
// it is slower than netlink and does not show the backlog of listening sockets.
type ProcSockets struct{ dir string }

// NewProcSockets returns the table of the namespace of a process.
func NewProcSockets(pid int) ProcSockets {
	return ProcSockets{dir: filepath.Join("/proc", strconv.Itoa(pid))}
}

// TCP lists the sockets. The error is that of open(2) or read(2) of a file.
func (t ProcSockets) TCP() ([]Socket, error) {
	proc, err := procfs.NewFS(t.dir)
	if err != nil {
		return nil, fmt.Errorf("read the socket table: %w", err)
	}
	four, err := proc.NetTCP() //nolint:staticcheck // netlink is tried first; this is for kernels without inet_diag
	if err != nil {
		return nil, fmt.Errorf("read the IPv4 socket table: %w", err)
	}
	six, err := proc.NetTCP6()                         //nolint:staticcheck // as above
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a kernel without IPv6
		return nil, fmt.Errorf("read the IPv6 socket table: %w", err)
	}
	list := make([]Socket, 0, len(four)+len(six))
	for _, table := range []procfs.NetTCP{four, six} {
		for _, s := range table {
			socket := Socket{
				Local: address(s.LocalAddr, s.LocalPort), Peer: address(s.RemAddr, s.RemPort),
				State: TCPState(s.St), RecvQueue: uint32(s.RxQueue), SendQueue: uint32(s.TxQueue),
				Inode: uint32(s.Inode), UID: uint32(s.UID),
			}
			if socket.State == Listen {
				socket.SendQueue = UnknownBacklog
			}
			list = append(list, socket)
		}
	}
	return list, nil
}

func address(ip net.IP, port uint64) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(addr.Unmap(), uint16(port))
}
