package observe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// NetlinkSockets is the socket table of the namespace in which its netlink
// socket was opened, by sock_diag(7). Several goroutines may use it at once.
type NetlinkSockets struct {
	mu       sync.Mutex
	fd       int
	sequence uint32
	buffer   []byte
}

// NewNetlinkSockets returns the table over a socket of NETLINK_SOCK_DIAG that was
// opened inside the namespace. The table owns fd; Close closes it.
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

// TCP lists the sockets. The error is that of sendto(2), of recvfrom(2) or of the
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

// The older request, TCPDIAG_GETSOCK, lists both address families at once. The
// kernel walks its whole table of connections for every request, which takes most
// of the time, however few connections there are.
const (
	olderRequest     = 18
	olderRequestSize = 60 // struct inet_diag_req
	requestSize      = 56 // struct inet_diag_req_v2
	answerSize       = 72 // struct inet_diag_msg
	// everyState are the states of a connection, TCP_ESTABLISHED to
	// TCP_NEW_SYN_RECV. For the next one, of sockets that are only bound, the kernel
	// would walk the machine's table of ports, too.
	everyState = 1<<13 - 2
)

func (t *NetlinkSockets) bothFamilies() ([]Socket, error) {
	list, err := t.dump(olderRequest, olderBody(everyState), nil)
	if err != nil {
		return nil, fmt.Errorf("list the sockets: %w", err)
	}
	return list, nil
}

// olderBody returns a request for the sockets in some states.
func olderBody(states uint32) []byte {
	body := make([]byte, olderRequestSize)
	binary.NativeEndian.PutUint32(body[52:], states)
	return body
}

// eachFamily lists the sockets by one request for IPv4 and one for IPv6.
func (t *NetlinkSockets) eachFamily() ([]Socket, error) {
	request := make([]byte, requestSize)
	request[0], request[1] = unix.AF_INET, unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(request[4:], everyState)
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

// dump sends one request for many sockets and appends the answer to list.
func (t *NetlinkSockets) dump(kind uint16, body []byte, list []Socket) ([]Socket, error) {
	request := t.appendRequest(nil, kind, unix.NLM_F_DUMP, body)
	sequence := t.sequence
	if err := t.send(request); err != nil {
		return list, err
	}
	err := t.receive(func(m netlinkMessage) (done bool, err error) {
		if m.sequence != sequence {
			return false, nil // of an earlier request whose answer was not read
		}
		list, done, err = m.appendTo(list)
		return done, err
	})
	return list, err
}

// appendRequest appends a message with the next sequence number.
func (t *NetlinkSockets) appendRequest(to []byte, kind, flags uint16, body []byte) []byte {
	t.sequence++
	to = binary.NativeEndian.AppendUint32(to, uint32(unix.SizeofNlMsghdr+len(body)))
	to = binary.NativeEndian.AppendUint16(to, kind)
	to = binary.NativeEndian.AppendUint16(to, unix.NLM_F_REQUEST|flags)
	to = binary.NativeEndian.AppendUint32(to, t.sequence)
	to = binary.NativeEndian.AppendUint32(to, 0) // the sender, which the kernel fills in
	return append(to, body...)
}

func (t *NetlinkSockets) send(requests []byte) error {
	if err := unix.Sendto(t.fd, requests, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("sendto: %w", err)
	}
	return nil
}

// receive passes messages to take until that reports the last.
func (t *NetlinkSockets) receive(take func(netlinkMessage) (done bool, err error)) error {
	for {
		n, _, err := unix.Recvfrom(t.fd, t.buffer, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("recvfrom: %w", err)
		}
		for data := t.buffer[:n]; len(data) >= unix.SizeofNlMsghdr; {
			var m netlinkMessage
			if m, data, err = cutMessage(data); err != nil {
				return err
			}
			if done, err := take(m); done || err != nil {
				return err
			}
		}
	}
}

// A netlinkMessage is one message of a datagram, netlink(7).
type netlinkMessage struct {
	kind     uint16
	sequence uint32
	body     []byte
}

// cutMessage splits a datagram after its first message.
func cutMessage(data []byte) (m netlinkMessage, rest []byte, err error) {
	length := int(binary.NativeEndian.Uint32(data))
	if length < unix.SizeofNlMsghdr || length > len(data) {
		return m, nil, errors.New("netlink message of a wrong length")
	}
	m.kind, m.sequence = binary.NativeEndian.Uint16(data[4:]), binary.NativeEndian.Uint32(data[8:])
	m.body = data[unix.SizeofNlMsghdr:length]
	return m, data[min((length+3)&^3, len(data)):], nil
}

// isSocket reports whether the message describes a socket.
func (m netlinkMessage) isSocket() bool {
	return (m.kind == unix.SOCK_DIAG_BY_FAMILY || m.kind == olderRequest) && len(m.body) >= answerSize
}

// appendTo appends the socket that the message describes, and reports whether the
// message is the last of an answer.
func (m netlinkMessage) appendTo(list []Socket) (_ []Socket, done bool, err error) {
	switch {
	case m.isSocket():
		list = append(list, parseAnswer(m.body))
	case m.kind == unix.NLMSG_DONE, m.kind == unix.NLMSG_ERROR:
		return list, true, answerError(m.body)
	}
	return list, false, nil
}

// answerError returns the error of a final message, if there is one.
func answerError(body []byte) error {
	if len(body) < 4 {
		return nil
	}
	if code := int32(binary.NativeEndian.Uint32(body)); code < 0 {
		return fmt.Errorf("sock_diag: %w", unix.Errno(-code))
	}
	return nil
}

// parseAnswer parses a struct inet_diag_msg.
func parseAnswer(b []byte) Socket {
	four := b[0] == unix.AF_INET
	return Socket{
		State: TCPState(b[1]),
		Local: endpoint(four, b[8:24], b[4:6]), Peer: endpoint(four, b[24:40], b[6:8]),
		RecvQueue: binary.NativeEndian.Uint32(b[56:]), SendQueue: binary.NativeEndian.Uint32(b[60:]),
		UID: binary.NativeEndian.Uint32(b[64:]), Inode: binary.NativeEndian.Uint32(b[68:]),
	}
}

// endpoint parses an address and a port, both in network byte order.
func endpoint(four bool, ip, port []byte) netip.AddrPort {
	number := uint16(port[0])<<8 | uint16(port[1])
	if four {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[:4])), number)
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(ip)).Unmap(), number)
}
