package observe

import "fmt"

// A Kind is what a descriptor refers to.
type Kind uint8

// The kinds of descriptors.
const (
	OtherKind       Kind = iota
	ListeningSocket      // a TCP socket in LISTEN
	ConnectedSocket      // a TCP socket that has, or had, a peer
	TCPSocket            // a TCP socket that is neither: unbound, not connected, or reset
	OtherSocket          // unix, UDP, netlink and so on
	Pipe
	File // anything with a path: files, devices, named pipes
	Epoll
	SignalFD
	TimerFD
	EventFD
	PIDFD
)

var kindNames = [...]string{
	OtherKind: "other", ListeningSocket: "listening socket", ConnectedSocket: "connected socket",
	TCPSocket: "TCP socket", OtherSocket: "socket", Pipe: "pipe", File: "file",
	Epoll: "epoll", SignalFD: "signalfd", TimerFD: "timerfd", EventFD: "eventfd", PIDFD: "pidfd",
}

// String returns the name of the kind: "listening socket", "pipe".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

func (k Kind) isSocket() bool { return k >= ListeningSocket && k <= OtherSocket }

// A Descriptor is one open descriptor of a process.
type Descriptor struct {
	FD int
	// Thread is 0 in the descriptor table that the first thread uses. A thread may
	// have a table of its own, unshare(2), CLONE_FILES: then it is the TID of the
	// first thread that uses that table.
	Thread int
	Kind   Kind
	// Target is the text of the link in proc_pid_fd(5): "socket:[812]", "/dev/null".
	Target string
	// Inode is the number in the brackets of a socket or pipe, else 0.
	Inode uint64
	// Socket is the TCP socket, when it is one and the socket table has it.
	Socket *Socket
	// Timed says that a timer can make it readable: it is an armed timerfd, or a
	// signalfd for a signal that timers send.
	Timed bool
}

// String describes the descriptor: "listening socket 0.0.0.0:80", "connection
// from 127.0.0.1:50312 (CLOSE_WAIT)", "pipe", "/dev/null".
func (d Descriptor) String() string {
	switch {
	case d.Kind == ListeningSocket && d.Socket != nil:
		return fmt.Sprintf("listening socket %v", d.Socket.Local)
	case d.Kind == ConnectedSocket && d.Socket != nil && d.Socket.State == Established:
		return fmt.Sprintf("connection from %v", d.Socket.Peer)
	case d.Kind == ConnectedSocket && d.Socket != nil:
		return fmt.Sprintf("connection from %v (%v)", d.Socket.Peer, d.Socket.State)
	case d.Kind == TCPSocket && d.Socket != nil:
		return fmt.Sprintf("TCP socket %v, not connected", d.Socket.Local)
	case d.Kind == TCPSocket:
		return "TCP socket, not connected"
	case d.Kind == File || d.Kind == OtherKind:
		return d.Target
	default:
		return d.Kind.String()
	}
}
