package observe

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// The kernel keeps the listening sockets of all namespaces in one table, of 16,384
// buckets on a machine of 24 GiB, and walks all of it to list those of one
// namespace. NetlinkSockets therefore lists them once and then asks for each one.

// maxKnown is how many listening sockets are asked for one by one at most.
const maxKnown = 16

// notListening are all states but LISTEN.
const notListening = everyState &^ (1 << Listen)

// A knownLister lists the sockets in less time than TCP does, as long as no socket
// listens that did not when TCP last listed all.
type knownLister interface {
	// known returns false when TCP has to list all.
	known() (list []Socket, ok bool, err error)
}

// known lists the sockets as TCP does, but of those in LISTEN only the ones that
// TCP last listed. It returns false when one of them is gone or shares its address
// with another, and before the first call of TCP.
//
// FIGURE-KNOWN
func (t *NetlinkSockets) known() (list []Socket, ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.listening) == 0 || len(t.listening) > maxKnown {
		return nil, false, nil
	}
	var requests []byte
	first := t.sequence + 1
	for _, s := range t.listening {
		requests = t.appendRequest(requests, unix.SOCK_DIAG_BY_FAMILY, 0, s.request())
	}
	last := t.sequence + 1
	requests = t.appendRequest(requests, olderRequest, unix.NLM_F_DUMP, olderBody(notListening))
	if err := t.send(requests); err != nil {
		return nil, false, err
	}
	answered := 0
	err = t.receive(func(m netlinkMessage) (done bool, err error) {
		switch {
		case m.sequence == last:
			list, done, err = m.appendTo(list)
			return done, err
		case m.sequence >= first && m.sequence < last && m.isSocket():
			s := parseAnswer(m.body)
			if s.State == Listen && s.Inode == t.listening[m.sequence-first].socket.Inode {
				list = append(list, s)
				answered++
			}
		}
		return false, nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("list the sockets: %w", err)
	}
	return list, answered == len(t.listening), nil
}

// A listener is a socket in LISTEN, and how the kernel identifies it.
type listener struct {
	socket Socket
	family byte
	id     [48]byte // struct inet_diag_sockid
}

// request returns the request for this one socket, struct inet_diag_req_v2.
func (l listener) request() []byte {
	body := make([]byte, requestSize)
	body[0], body[1] = l.family, unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(body[4:], everyState)
	copy(body[8:], l.id[:])
	return body
}

// noteListener records the socket of an answer, when it is in LISTEN.
func (t *NetlinkSockets) noteListener(m netlinkMessage) {
	if s := parseAnswer(m.body); s.State == Listen {
		t.listening = append(t.listening, listener{s, m.body[0], [48]byte(m.body[4:52])})
	}
}

// Listens reports whether a socket listens on a port that a client of the loopback
// address reaches. The kernel looks up one entry of its table and does not walk it.
//
// FIGURE-LISTENS
func (t *NetlinkSockets) Listens(port uint16) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	loopbacks := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	var requests []byte
	first := t.sequence + 1
	for _, address := range loopbacks {
		requests = t.appendRequest(requests, unix.SOCK_DIAG_BY_FAMILY, 0, listenerRequest(netip.AddrPortFrom(address, port)))
	}
	if err := t.send(requests); err != nil {
		return false, err
	}
	t.listening = nil
	err := t.receive(func(m netlinkMessage) (done bool, err error) {
		if m.isSocket() && m.sequence >= first && len(t.listening) == 0 {
			t.noteListener(m)
		}
		return m.sequence == t.sequence, nil
	})
	if err != nil {
		return false, fmt.Errorf("ask for a listening socket: %w", err)
	}
	return len(t.listening) > 0, nil
}

// anyCookie stands for the cookie of a socket when that is unknown.
const anyCookie = 1<<64 - 1

// listenerRequest returns the request for the socket that listens at an address.
func listenerRequest(a netip.AddrPort) []byte {
	body := make([]byte, requestSize)
	body[0], body[1] = unix.AF_INET6, unix.IPPROTO_TCP
	if a.Addr().Is4() {
		body[0] = unix.AF_INET
	}
	binary.NativeEndian.PutUint32(body[4:], everyState)
	binary.BigEndian.PutUint16(body[8:], a.Port())
	copy(body[12:], a.Addr().AsSlice())
	binary.NativeEndian.PutUint64(body[48:], anyCookie)
	return body
}
