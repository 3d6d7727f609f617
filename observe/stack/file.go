package stack

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// An identity tells one file from all others.
type identity struct {
	major, minor uint32
	inode        uint64
	size         uint64
	changed      unix.StatxTimestamp
}

// openProgram returns a handle of the file that a process runs. Like openBelow it only
// names the file (O_PATH): nothing here waits for a file system that a server made.
func openProgram(pid int) (*os.File, error) {
	fd, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/exe", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open the program of %d: %w", pid, err)
	}
	return os.NewFile(uintptr(fd), "program"), nil
}

// resolveCached is RESOLVE_CACHED of openat2(2).
const resolveCached = 0x20

// openBelow returns a handle of a file as the process sees it. The mapping keeps the
// path in the kernel's cache, so that no file system need be asked.
func openBelow(pid int, path string) (*os.File, error) {
	root, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open the root of %d: %w", pid, err)
	}
	defer func() { _ = unix.Close(root) }()
	how := unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | resolveCached,
	}
	fd, err := unix.Openat2(root, path, &how)
	if errors.Is(err, unix.EINVAL) { // a kernel before 5.12
		how.Resolve &^= resolveCached
		fd, err = unix.Openat2(root, path, &how)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s below the root of %d: %w", path, pid, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// identify returns the identity of a regular file.
func identify(f *os.File) (identity, error) {
	var s unix.Statx_t
	const flags = unix.AT_EMPTY_PATH | unix.AT_STATX_DONT_SYNC
	if err := unix.Statx(int(f.Fd()), "", flags, unix.STATX_BASIC_STATS, &s); err != nil {
		return identity{}, fmt.Errorf("statx: %w", err)
	}
	if s.Mode&unix.S_IFMT != unix.S_IFREG {
		return identity{}, fmt.Errorf("%s is no regular file", f.Name())
	}
	return identity{s.Dev_major, s.Dev_minor, s.Ino, s.Size, s.Ctime}, nil
}
