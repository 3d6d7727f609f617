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
// to the poller and reads once more: a storm of signals reads thousands.
func readProcFile(path string) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { _ = unix.Close(fd) }()
	data := make([]byte, procFileSize)
	for {
		n, err := unix.Read(fd, data)
		switch {
		case err == nil:
			return data[:n], nil
		case !errors.Is(err, unix.EINTR):
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
}
