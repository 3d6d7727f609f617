package observe

import (
	"fmt"
	"math"
	"net/netip"
)

// A Socket is one TCP socket. An IPv4 address that an IPv6 socket shows as
// ::ffff:a.b.c.d is a.b.c.d here.
type Socket struct {
	Local netip.AddrPort
	// Peer is the other end; of a listening socket its port is 0.
	Peer  netip.AddrPort
	State TCPState
	// RecvQueue counts the bytes received and not read; a FIN not read counts
	// as one. Of a listening socket: the connections in its accept queue.
	RecvQueue uint32
	// SendQueue counts the bytes not acknowledged by the peer; a FIN counts as
	// one. Of a listening socket: its backlog, or UnknownBacklog.
	SendQueue uint32
	// Inode is what socket:[N] shows in proc_pid_fd(5); 0 when no descriptor
	// refers to it: not yet accepted, or closed by its last process.
	Inode uint32
	UID   uint32
}

// UnknownBacklog is the SendQueue of a listening socket where the table does
// not show the backlog.
const UnknownBacklog = math.MaxUint32

// A SocketTable lists the TCP sockets of one network namespace.
type SocketTable interface {
	// TCP lists all TCP sockets, of both address families and in every state.
	TCP() ([]Socket, error)
}

// String describes a socket: "127.0.0.1:80 to 127.0.0.1:50312 (ESTABLISHED)".
func (s Socket) String() string {
	if s.State == Listen {
		return fmt.Sprintf("%v (LISTEN)", s.Local)
	}
	return fmt.Sprintf("%v to %v (%v)", s.Local, s.Peer, s.State)
}

// QueueFull reports whether the accept queue of a listening socket is full: the
// kernel queues one more than the backlog, listen(2). With UnknownBacklog it never
// is.
func (s Socket) QueueFull() bool { return s.RecvQueue > s.SendQueue }

// unmap returns an address with an IPv4 address as such.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// A TCPState is the kernel's number of a state of RFC 9293, section 3.3.2
// (tcp_states.h).
type TCPState uint8

// The states of a TCP socket.
const (
	Established TCPState = 1 + iota
	SynSent
	SynRecv
	FinWait1
	FinWait2
	TimeWait
	Close
	CloseWait
	LastAck
	Listen
	Closing
	NewSynRecv // a connection request without a socket; ss(8) shows it as SYN_RECV
)

var tcpStateNames = [...]string{
	Established: "ESTABLISHED", SynSent: "SYN_SENT", SynRecv: "SYN_RECV",
	FinWait1: "FIN_WAIT1", FinWait2: "FIN_WAIT2", TimeWait: "TIME_WAIT",
	Close: "CLOSE", CloseWait: "CLOSE_WAIT", LastAck: "LAST_ACK",
	Listen: "LISTEN", Closing: "CLOSING", NewSynRecv: "NEW_SYN_RECV",
}

// String returns the state's name as netstat(8) shows it: "CLOSE_WAIT".
func (s TCPState) String() string {
	if int(s) < len(tcpStateNames) && tcpStateNames[s] != "" {
		return tcpStateNames[s]
	}
	return fmt.Sprintf("TCP state %d", uint8(s))
}
