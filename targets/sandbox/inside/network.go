package inside

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// loopbackUp brings up lo, which is down in a new network namespace.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a socket to bring up lo: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("name lo: %w", err)
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("bring up lo: %w", err)
	}
	return nil
}

// smallTable is the number of buckets of the connection table of a server's
// namespace: room for some thousands of connections.
const smallTable = "2048"

// smallTables has the network namespaces that are made from now on in the
// caller's get small connection tables of their own. By default all namespaces
// share the machine's, and whoever lists one namespace's sockets walks all of
// its buckets: 262,144 on a machine of 24 GiB, which is most of what a look at a
// server costs. A kernel before 6.1 has no such setting.
func smallTables() error {
	if err := os.WriteFile("/proc/sys/net/ipv4/tcp_child_ehash_entries", []byte(smallTable), 0); err != nil {
		return fmt.Errorf("set the size of connection tables: %w", err)
	}
	return nil
}
