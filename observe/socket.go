package observe

import (
	"fmt"
	"math"
	"net/netip"
)

// A Socket is one TCP socket. Addresses of IPv4 that an IPv6 socket shows as
// ::ffff:a.b.c.d are given as a.b.c.d.
type Socket struct {
	Local netip.AddrPort
	// Peer is the other end; of a listening socket its port is 0.
	Peer  netip.AddrPort
	State TCPState
	// RecvQueue counts the bytes received and not read; a FIN not read counts
	// as one. Of a listening socket: the connections waiting to be accepted.
	RecvQueue uint32
	// SendQueue counts the bytes not acknowledged by the peer; a FIN counts as
	// one. Of a listening socket: its backlog, or UnknownBacklog.
	SendQueue uint32
	// Inode is what socket:[N] shows in proc_pid_fd(5); 0 when no descriptor
	// refers to it: not yet accepted, or closed by its last process.
	Inode uint32
	UID   uint32
}

// String describes a socket: "127.0.0.1:80 to 127.0.0.1:50312 (ESTABLISHED)".
func (s Socket) String() string {
	if s.State == Listen {
		return fmt.Sprintf("%v (LISTEN)", s.Local)
	}
	return fmt.Sprintf("%v to %v (%v)", s.Local, s.Peer, s.State)
}

// UnknownBacklog is the SendQueue of a listening socket where the table does
// not show the backlog.
const UnknownBacklog = math.MaxUint32

// A SocketTable lists the TCP sockets of one network namespace.
type SocketTable interface {
	// TCP lists all TCP sockets, of both address families and in every state.
	TCP() ([]Socket, error)
}

// A quickTable can list the sockets more quickly while no socket listens that
// did not when all were last listed.
type quickTable interface {
	SocketTable
	// Known lists them; it says false when all have to be listed.
	Known() (list []Socket, ok bool, err error)
}

// QueueFull says whether a listening socket takes no more connections: the
// kernel queues one more than the backlog, listen(2). Never so with UnknownBacklog.
func (s Socket) QueueFull() bool { return s.RecvQueue > s.SendQueue }

// unmap gives an IPv4 address as such, however the kernel showed it.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
