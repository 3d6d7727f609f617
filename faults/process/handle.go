package process

import (
	"cmp"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
)

// A Handle holds a process by a pidfd. While the process has not been reaped,
// /proc/PID is this process.
type Handle struct {
	ID
	fd    int
	files map[string]int // open files below /proc/PID, by name
	data  []byte         // what was read last
	// asleep is true when the look that showed a signal delivered also showed
	// the first thread asleep.
	asleep bool
}

// Open opens a process. The error is a GoneError when it has ended.
func Open(id ID) (*Handle, error) {
	fd, err := unix.PidfdOpen(id.PID, 0)
	if err != nil {
		return nil, Failed("pidfd_open", id, err)
	}
	h := &Handle{ID: id, fd: fd, files: map[string]int{}}
	if err := h.verify(); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// verify checks that the pidfd is that of the named process: the start time is
// read after the pidfd was opened, and the process was not reaped in between.
func (h *Handle) verify() error {
	const op = "read start time"
	stat, err := procfile.Stat(h.PID)
	if err != nil {
		return Failed(op, h.ID, err)
	}
	if stat.Start != h.Start {
		return &GoneError{h.ID, op}
	}
	return h.Alive(op)
}

// Alive returns nil while the process has not ended, and then a GoneError of
// the operation op.
func (h *Handle) Alive(op string) error {
	if ended, err := h.Ended(); err != nil || ended {
		return cmp.Or[error](err, &GoneError{h.ID, op})
	}
	return nil
}

// Ended reports whether every thread of the process has ended: its pidfd is
// readable then, whether or not the zombie was reaped (pidfd_open(2)).
func (h *Handle) Ended() (bool, error) {
	for {
		fds := []unix.PollFd{{Fd: int32(h.fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return false, Failed("poll pidfd", h.ID, err)
		}
		return n > 0, nil
	}
}

// Signal sends a signal (pidfd_send_signal(2)).
func (h *Handle) Signal(sig unix.Signal) error {
	if err := unix.PidfdSendSignal(h.fd, sig, nil, 0); err != nil {
		return Failed("pidfd_send_signal "+unix.SignalName(sig), h.ID, err)
	}
	return nil
}

// read returns the contents of a short file below /proc/PID until the next
// read. The file stays open: a storm of signals reads thousands.
func (h *Handle) read(name string) ([]byte, error) {
	fd, opened := h.files[name]
	if !opened {
		var err error
		if fd, err = procfile.Open(fmt.Sprintf("/proc/%d/%s", h.PID, name)); err != nil {
			return nil, err
		}
		h.files[name] = fd
	}
	if h.data == nil {
		h.data = make([]byte, procfile.Size)
	}
	n, err := procfile.ReadOpen(fd, h.data)
	if err != nil {
		return nil, fmt.Errorf("read /proc/%d/%s: %w", h.PID, name, err)
	}
	return h.data[:n], nil
}

// Close releases the process.
func (h *Handle) Close() error {
	for _, fd := range h.files {
		_ = unix.Close(fd)
	}
	if err := unix.Close(h.fd); err != nil {
		return Failed("close pidfd", h.ID, err)
	}
	return nil
}
