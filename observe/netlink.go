package observe

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// NetlinkSockets is the socket table of the namespace in which its netlink
// socket was opened, by sock_diag(7). It may be used by several goroutines at
// once.
type NetlinkSockets struct {
	mu       sync.Mutex
	fd       int
	sequence uint32
	buffer   []byte
}

// NewNetlinkSockets makes the table over a socket of NETLINK_SOCK_DIAG that
// was opened inside the namespace. It owns fd from now on; see Close.
func NewNetlinkSockets(fd int) *NetlinkSockets {
	return &NetlinkSockets{fd: fd, buffer: make([]byte, 64<<10)}
}

// Close closes the netlink socket.
func (t *NetlinkSockets) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	fd := t.fd
	t.fd = -1
	if err := unix.Close(fd); err != nil {
		return fmt.Errorf("close the netlink socket: %w", err)
	}
	return nil
}

// TCP lists the sockets. The error is that of sendto(2), recvfrom(2) or the
// kernel's answer: ENOENT where the kernel has no inet_diag.
func (t *NetlinkSockets) TCP() ([]Socket, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	list, err := t.bothFamilies()
	if err != nil {
		list, err = t.eachFamily()
	}
	return list, err
}

// The older request, TCPDIAG_GETSOCK, asks for both address families at once.
// The kernel goes through its whole table of connections for every request,
// and that takes most of the time, however few there are.
const (
	olderRequest     = 18
	olderRequestSize = 60 // struct inet_diag_req
	requestSize      = 56 // struct inet_diag_req_v2
	answerSize       = 72 // struct inet_diag_msg
	// everyState are the states of a connection, TCP_ESTABLISHED to
	// TCP_NEW_SYN_RECV. The one beyond, for sockets that are bound and no more,
	// would have the kernel go through the machine's table of ports, too.
	everyState = 1<<13 - 2
)

func (t *NetlinkSockets) bothFamilies() ([]Socket, error) {
	request := make([]byte, olderRequestSize)
	nativeEndian.PutUint32(request[52:], everyState)
	list, err := t.dump(olderRequest, request, nil)
	if err != nil {
		return nil, fmt.Errorf("list the sockets: %w", err)
	}
	return list, nil
}

// eachFamily asks once for IPv4 and once for IPv6.
func (t *NetlinkSockets) eachFamily() ([]Socket, error) {
	request := make([]byte, requestSize)
	request[0], request[1] = unix.AF_INET, unix.IPPROTO_TCP
	nativeEndian.PutUint32(request[4:], everyState)
	list, err := t.dump(unix.SOCK_DIAG_BY_FAMILY, request, nil)
	if err != nil {
		return nil, fmt.Errorf("list the IPv4 sockets: %w", err)
	}
	request[0] = unix.AF_INET6
	list, err = t.dump(unix.SOCK_DIAG_BY_FAMILY, request, list)
	if err != nil && !errors.Is(err, unix.ENOENT) { // a kernel without IPv6
		return nil, fmt.Errorf("list the IPv6 sockets: %w", err)
	}
	return list, nil
}

// dump sends one request and appends the sockets of the answer to list.
func (t *NetlinkSockets) dump(kind uint16, body []byte, list []Socket) ([]Socket, error) {
	t.sequence++
	request := make([]byte, unix.SizeofNlMsghdr, unix.SizeofNlMsghdr+len(body))
	nativeEndian.PutUint32(request[0:], uint32(cap(request)))
	nativeEndian.PutUint16(request[4:], kind)
	nativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	nativeEndian.PutUint32(request[8:], t.sequence)
	request = append(request, body...)
	if err := unix.Sendto(t.fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return list, fmt.Errorf("sendto: %w", err)
	}
	for {
		n, _, err := unix.Recvfrom(t.fd, t.buffer, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return list, fmt.Errorf("recvfrom: %w", err)
		}
		var done bool
		if list, done, err = t.take(t.buffer[:n], list); done || err != nil {
			return list, err
		}
	}
}

// take reads the messages of one datagram, netlink(7), and says whether the
// last of the answer was among them. Messages of an earlier request that was
// given up are skipped.
func (t *NetlinkSockets) take(data []byte, list []Socket) ([]Socket, bool, error) {
	for len(data) >= unix.SizeofNlMsghdr {
		length := int(nativeEndian.Uint32(data))
		if length < unix.SizeofNlMsghdr || length > len(data) {
			return list, false, errors.New("netlink message of a wrong length")
		}
		body := data[unix.SizeofNlMsghdr:length]
		kind, sequence := nativeEndian.Uint16(data[4:]), nativeEndian.Uint32(data[8:])
		data = data[min((length+3)&^3, len(data)):]
		if sequence != t.sequence {
			continue
		}
		switch kind {
		case unix.NLMSG_DONE:
			return list, true, answerError(body)
		case unix.NLMSG_ERROR:
			return list, true, answerError(body)
		case unix.SOCK_DIAG_BY_FAMILY, olderRequest:
			if len(body) >= answerSize {
				list = append(list, parseAnswer(body))
			}
		}
	}
	return list, false, nil
}

// answerError gives the error that a final message carries, if any.
func answerError(body []byte) error {
	if len(body) < 4 {
		return nil
	}
	if code := int32(nativeEndian.Uint32(body)); code < 0 {
		return fmt.Errorf("sock_diag: %w", unix.Errno(-code))
	}
	return nil
}

// parseAnswer reads a struct inet_diag_msg.
func parseAnswer(b []byte) Socket {
	four := b[0] == unix.AF_INET
	return Socket{
		State: TCPState(b[1]),
		Local: endpoint(four, b[8:24], b[4:6]), Peer: endpoint(four, b[24:40], b[6:8]),
		RecvQueue: nativeEndian.Uint32(b[56:]), SendQueue: nativeEndian.Uint32(b[60:]),
		UID: nativeEndian.Uint32(b[64:]), Inode: nativeEndian.Uint32(b[68:]),
	}
}

// endpoint reads an address and a port, both in network byte order.
func endpoint(four bool, ip, port []byte) netip.AddrPort {
	number := uint16(port[0])<<8 | uint16(port[1])
	if four {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[:4])), number)
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(ip)).Unmap(), number)
}
