package clients

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
)

// smallReceiveBuffer, in bytes, holds what the kernel has offered to receive
// on a new connection (tcp_rmem, tcp(7)), so that nothing that the server may
// send is dropped and sent again.
const smallReceiveBuffer = 64 << 10

// Connect begins to connect and returns at once. The history shows when the
// client is connected, or why not. ctx bounds the dial, not the connection. End
// the client with Close or Reset.
func Connect(ctx context.Context, d Dialer, opts ...Option) *Client {
	ctx, cancel := context.WithCancel(ctx)
	c := &Client{cancel: cancel}
	for _, opt := range opts {
		opt(c)
	}
	c.seen.Dialed = time.Now()
	crash.Go(func() { c.dial(ctx, d) })
	return c
}

// dial connects and starts reading and sending.
func (c *Client) dial(ctx context.Context, d Dialer) {
	defer c.cancel()
	conn, err := d.Dial(ctx)
	if err == nil {
		err = c.prepare(conn)
	}
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		c.end(Closed, nil)
		return
	}
	c.end(endOf(err), fmt.Errorf("connect: %w", err))
	c.abandon()
}

// prepare takes over a new connection. If the client was closed meanwhile, it
// closes the connection.
func (c *Client) prepare(conn *net.TCPConn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	raw, info, err := setUp(conn, c.neverRead)
	if err == nil && c.closing {
		err = net.ErrClosed
	}
	if err != nil {
		_ = conn.Close() // nothing was sent or received
		return err
	}
	c.conn, c.raw = conn, raw
	c.seen.Connected = time.Now()
	c.seen.SYNRetransmissions = info.Total_retrans
	c.seen.Local, c.seen.Remote = addrPort(conn.LocalAddr()), addrPort(conn.RemoteAddr())
	c.seen.End = Open
	if !c.neverRead {
		c.startReading()
	}
	c.startSending()
	c.changed()
	return nil
}

// setUp sets the options of a new connection, and returns its raw form and the
// kernel's information about it.
func setUp(conn *net.TCPConn, neverRead bool) (syscall.RawConn, unix.TCPInfo, error) {
	err := conn.SetNoDelay(true)
	if err == nil && neverRead {
		err = conn.SetReadBuffer(smallReceiveBuffer)
	}
	if err != nil {
		return nil, unix.TCPInfo{}, err
	}
	raw, err := conn.SyscallConn()
	if err == nil {
		err = inlineUrgentData(raw)
	}
	if err != nil {
		return nil, unix.TCPInfo{}, err
	}
	info, err := tcpInfo(raw)
	return raw, info, err
}

// inlineUrgentData leaves urgent data among the other bytes: no client asks for any, and
// the kernel would drop it without a sign (SO_OOBINLINE, socket(7); RFC 6093).
func inlineUrgentData(raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_OOBINLINE, 1)
	})
	if err = cmp.Or(err, failed); err != nil {
		return fmt.Errorf("setsockopt SO_OOBINLINE: %w", err)
	}
	return nil
}

func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	address := tcp.AddrPort()
	return netip.AddrPortFrom(address.Addr().Unmap(), address.Port())
}

// end notes how the connection ended; the first end stands. c.mu is held.
func (c *Client) end(e End, err error) {
	if c.seen.Ended() {
		return
	}
	c.seen.End, c.seen.EndErr, c.seen.EndedAt = e, err, time.Now()
	c.changed()
}
