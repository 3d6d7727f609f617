package faults

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// Vanish closes the client's end of a connection without a word to the other:
// neither FIN nor RST is sent, as when the client's machine loses power. The
// server's end stays ESTABLISHED, half-open (RFC 9293, section 3.5.1), until
// it sends, which the kernel answers with RST as a machine does that has been
// started again. It takes CAP_NET_ADMIN in the network namespace of the
// connection (TCP_REPAIR, tcp(7)); without it the error is EPERM, and the
// connection stays as it was.
func Vanish(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("vanish: %w", err)
	}
	var failure error
	err = raw.Control(func(fd uintptr) {
		failure = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_REPAIR, 1)
	})
	if err = errors.Join(err, failure); err != nil {
		return fmt.Errorf("vanish: setsockopt TCP_REPAIR, which takes CAP_NET_ADMIN: %w", err)
	}
	return conn.Close()
}
