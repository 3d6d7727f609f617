package selftest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// ownTable is the number of buckets of the connection table in a network namespace
// of a check. A check leaves some 700 connections in TIME_WAIT, and the kernel keeps
// half as many as there are buckets.
const ownTable = "8192"

// ownNetwork moves the calling goroutine for good, with what it starts, to a new
// network namespace: network_namespaces(7).
//
// It stands for the machine's network at the isolations in which the servers share
// forkproof's network. As there, all servers and clients of a check share one
// network, with its ports and its TIME_WAITs, and the user has no more rights to
// it. It lacks the traffic of other programs, on which no verdict may depend.
// Checks on one network would disturb each other: two servers may want the same
// port. And a look at a server reads the whole connection table, which is 32 times
// as large on a machine of 24 GiB.
func ownNetwork() error {
	runtime.LockOSThread() // never undone: the thread ends with the goroutine
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("make a network namespace: %w", err)
	}
	// The setting applies to the namespaces that are created in this one. A kernel
	// before 6.1 has none, and a check there takes longer.
	err := os.WriteFile("/proc/sys/net/ipv4/tcp_child_ehash_entries", []byte(ownTable), 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("set the size of connection tables: %w", err)
	}
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("make a network namespace in it: %w", err)
	}
	return loopbackUp()
}

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
