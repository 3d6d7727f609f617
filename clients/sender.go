package clients

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/internal/crash"
)

// writeSize is the most that goes into one write, in bytes.
const writeSize = 64 << 10

// buffers are shared by all clients. One is held during a read or a write, which
// do not block, and never while a client waits.
var buffers = sync.Pool{New: func() any { return new([writeSize]byte) }}

// startSending starts a goroutine that sends the queue, unless there is one.
// c.mu is held.
func (c *Client) startSending() {
	if c.raw == nil || c.sending || c.closing || len(c.queue) == 0 || c.awaits() {
		return
	}
	c.sending = true
	crash.Go(c.sendAll)
}

// sendAll sends until the queue is empty or the connection is closed.
func (c *Client) sendAll() {
	// While there is no room, the poller waits and calls again.
	err := c.raw.Write(func(fd uintptr) (done bool) { return c.sendOn(int(fd)) })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sending = false
	if err != nil {
		c.abandon() // closed by us
		return
	}
	c.startSending()
}

// sendOn sends what there is room for. It returns whether the queue is empty.
func (c *Client) sendOn(fd int) (done bool) {
	for {
		c.mu.Lock()
		if len(c.queue) == 0 || c.awaits() {
			c.mu.Unlock()
			return true
		}
		err := c.sendNext(fd)
		c.mu.Unlock()
		if err != nil {
			return false
		}
	}
}

// awaits reports whether the head of the queue waits for something to arrive. Once it is
// being sent it does not. c.mu is held.
func (c *Client) awaits() bool {
	patient, is := c.talk.(protocol.Patient)
	return is && len(c.queue) > 0 && c.queue[0].done == 0 && patient.Awaits()
}

// sendNext makes one system call for the head of the queue. It returns EAGAIN
// when there is no room, and notes other failures. c.mu is held.
func (c *Client) sendNext(fd int) error {
	s := &c.queue[0]
	n, err := s.write(fd)
	switch {
	case errors.Is(err, unix.EINTR):
		return nil
	case errors.Is(err, unix.EAGAIN):
		if !c.seen.SendBlocked {
			c.seen.SendBlocked = true
			c.changed()
		}
		return err
	case err != nil:
		c.writeFailed(err, s.isFIN())
		return nil
	}
	c.seen.SendBlocked, c.seen.FINSent = false, s.isFIN()
	if n > 0 {
		c.seen.Sent += int64(n)
		if c.talk != nil {
			c.talk.Sent(int64(n))
		}
	}
	s.done += int64(n)
	if s.isFIN() || s.done == s.Size() {
		c.queue = c.queue[1:]
	}
	c.changed()
	return nil
}

// write writes the next bytes, or shuts down the sending side.
func (s *segment) write(fd int) (int, error) {
	if s.isFIN() {
		return 0, unix.Shutdown(fd, unix.SHUT_WR)
	}
	if s.done == s.Size() {
		return 0, nil
	}
	buffer := buffers.Get().(*[writeSize]byte)
	defer buffers.Put(buffer)
	b := buffer[:min(writeSize, s.Size()-s.done)]
	if _, err := s.ReadAt(b, s.done); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read the request: %w", err)
	}
	return unix.SendmsgN(fd, b, nil, nil, unix.MSG_NOSIGNAL)
}

// writeFailed notes a failed write. A client that reads sees the end after the
// input that is left; for one that does not read, this is the end. c.mu is held.
func (c *Client) writeFailed(err error, fin bool) {
	op := "send"
	if fin {
		op = "shutdown"
	}
	wrapped := fmt.Errorf("%s: %w", op, err)
	if endOf(err) == ResetByPeer || endOf(err) == TimedOut {
		c.lost = wrapped
		if !c.reading {
			c.end(endOf(err), wrapped)
		}
	}
	c.sendFailed(wrapped)
	c.changed()
}
