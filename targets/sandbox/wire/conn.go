package wire

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Conn is one end of a control socket, a unix(7) socket that keeps
// packets apart. Package net is not used here: an init is this
// binary once more, and begins, in the order in which Go initialises packages, as
// soon as all that it is made of is ready. With net in it that would be
// after nearly everything else of the binary, which takes longer than to start.
type Conn struct {
	file *os.File
	raw  syscall.RawConn
}

// NewConn takes over a socket. Goroutines that wait for it hold no thread.
func NewConn(fd int) (*Conn, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("use descriptor %d as a control socket: %w", fd, err)
	}
	return newConn(fd)
}

// NewWaitingConn takes over a socket for a thread that waits for it in recvmsg(2): the Go
// runtime then has no poll, and no thread for it. Close ends no read.
func NewWaitingConn(fd int) (*Conn, error) {
	if err := unix.SetNonblock(fd, false); err != nil {
		return nil, fmt.Errorf("use descriptor %d as a control socket: %w", fd, err)
	}
	return newConn(fd)
}

func newConn(fd int) (*Conn, error) {
	file := os.NewFile(uintptr(fd), "control")
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("use descriptor %d as a control socket: %w", fd, err), file.Close())
	}
	return &Conn{file, raw}, nil
}

// Close ends a read that is under way.
func (c *Conn) Close() error { return c.file.Close() }

// write sends one packet with its control messages.
func (c *Conn) write(data, control []byte) error {
	var err error
	closed := c.raw.Write(func(fd uintptr) (done bool) {
		for err = unix.EINTR; errors.Is(err, unix.EINTR); {
			err = unix.Sendmsg(int(fd), data, control, nil, unix.MSG_NOSIGNAL)
		}
		return !errors.Is(err, unix.EAGAIN)
	})
	return errors.Join(closed, err)
}

// read takes one packet, and says how much of data and control it fills.
// Descriptors in it are close-on-exec. The error is io.EOF when the other end
// is closed.
func (c *Conn) read(data, control []byte) (n, controlled int, err error) {
	closed := c.raw.Read(func(fd uintptr) (done bool) {
		for err = unix.EINTR; errors.Is(err, unix.EINTR); {
			n, controlled, _, _, err = unix.Recvmsg(int(fd), data, control, unix.MSG_CMSG_CLOEXEC)
		}
		return !errors.Is(err, unix.EAGAIN)
	})
	if err = errors.Join(closed, err); err == nil && n == 0 {
		err = io.EOF
	}
	return n, controlled, err
}
