package wire

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// OpenExactly opens a path that has no symbolic links, with flags of open(2). It
// fails with ELOOP when a link has come into the path.
func OpenExactly(path string, flags int) (int, error) {
	flags |= unix.O_CLOEXEC
	how := unix.OpenHow{Flags: uint64(flags), Resolve: unix.RESOLVE_NO_SYMLINKS}
	fd, err := unix.Openat2(unix.AT_FDCWD, path, &how)
	if !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM) {
		return fd, err
	}
	// A kernel before 5.6, or a container's filter that does not know the call.
	if fd, err = unix.Open(path, flags, 0); err != nil {
		return -1, err
	}
	if found, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err != nil || found != path {
		_ = unix.Close(fd)
		return -1, unix.ELOOP
	}
	return fd, nil
}

// Look returns the inode of a path that has no symbolic links.
func Look(path string) (stat unix.Stat_t, err error) {
	fd, err := OpenExactly(path, unix.O_PATH)
	if err != nil {
		return stat, err
	}
	defer func() { _ = unix.Close(fd) }()
	return stat, unix.Fstat(fd, &stat)
}
