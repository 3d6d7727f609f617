// Package procfile reads the files of /proc that package faults and its parts need.
// Package internal/proc parses them.
package procfile

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Size is more than a stat or status file has, in bytes.
const Size = 4 << 10

// Read reads a short file below /proc, which the kernel returns in one
// read. It does without os.ReadFile, which asks for the file's size, offers it
// to the poller and reads once more.
func Read(path string) ([]byte, error) {
	fd, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }()
	data := make([]byte, Size)
	n, err := ReadOpen(fd, data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data[:n], nil
}

// Open opens a file below /proc for ReadOpen.
func Open(path string) (fd int, err error) {
	fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", path, err)
	}
	return fd, nil
}

// ReadOpen reads an open file from its beginning into data, and returns how
// many bytes it has read.
func ReadOpen(fd int, data []byte) (int, error) {
	for {
		n, err := unix.Pread(fd, data, 0)
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
