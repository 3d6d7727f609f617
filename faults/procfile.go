package faults

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// procFileSize is more than a stat or status file has.
const procFileSize = 4 << 10

// readProcFile reads a short file below /proc, which the kernel gives in one
// read. It does without os.ReadFile, which asks for the file's size, offers it
// to the poller and reads once more.
func readProcFile(path string) ([]byte, error) {
	fd, err := openProcFile(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }()
	data := make([]byte, procFileSize)
	n, err := contents(fd, data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data[:n], nil
}

func openProcFile(path string) (fd int, err error) {
	fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", path, err)
	}
	return fd, nil
}

// contents reads an open file from its beginning into data, and says how much it is.
func contents(fd int, data []byte) (int, error) {
	for {
		n, err := unix.Pread(fd, data, 0)
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
