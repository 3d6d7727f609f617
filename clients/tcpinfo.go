package clients

import (
	"cmp"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// tcpInfo returns what the kernel knows of a connection (TCP_INFO, tcp(7)).
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
