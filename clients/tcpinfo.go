package clients

import (
	"cmp"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// TCPInfo is what the kernel knows of the connection (TCP_INFO, tcp(7)). It
// fails with net.ErrClosed before it is connected and after Close or Reset.
func (c *Client) TCPInfo() (unix.TCPInfo, error) {
	c.mu.Lock()
	raw := c.raw
	c.mu.Unlock()
	if raw == nil {
		return unix.TCPInfo{}, fmt.Errorf("getsockopt TCP_INFO: not connected: %w", net.ErrClosed)
	}
	return tcpInfo(raw)
}

// Retransmissions counts the segments that the kernel sent again, the SYN
// among them (tcpi_total_retrans). It fails as TCPInfo does.
func (c *Client) Retransmissions() (uint32, error) {
	info, err := c.TCPInfo()
	return info.Total_retrans, err
}

func tcpInfo(raw syscall.RawConn) (unix.TCPInfo, error) {
	var info *unix.TCPInfo
	var failed error
	err := raw.Control(func(fd uintptr) {
		info, failed = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	})
	if err = cmp.Or(err, failed); err != nil {
		return unix.TCPInfo{}, fmt.Errorf("getsockopt TCP_INFO: %w", err)
	}
	return *info, nil
}
