package clients

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// writeSize is the most that goes into one write, in bytes.
const writeSize = 64 << 10

// buffers are shared by all clients: one is taken for the time of a read or a
// write, which does not block, never while a client waits.
var buffers = sync.Pool{New: func() any { return new([writeSize]byte) }}

// startSending has a goroutine send the queue, unless one does already.
// c.mu is held.
func (c *Client) startSending() {
	if c.raw == nil || c.sending || c.closing || len(c.queue) == 0 {
		return
	}
	c.sending = true
	go c.sendAll()
}

// sendAll sends until the queue is empty or the connection is closed.
func (c *Client) sendAll() {
	// A write for which there is no room waits in the poller and is tried again.
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

// sendOn sends what there is room for. It says whether the queue is empty.
func (c *Client) sendOn(fd int) (done bool) {
	for {
		c.mu.Lock()
		if len(c.queue) == 0 {
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

// sendNext makes one system call for the head of the queue. It gives EAGAIN
// when there is no room; other failures it notes. c.mu is held.
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
		c.writeFailed(err, s.fin)
		return nil
	}
	c.seen.SendBlocked = false
	c.seen.FINSent = s.fin
	if n > 0 {
		c.ledger.sent += int64(n)
		c.seen.LastProgress = time.Now()
	}
	if s.done += int64(n); s.done == s.size {
		c.queue = c.queue[1:]
	}
	c.changed()
	return nil
}

// write writes the next bytes, or shuts the sending side down.
func (s *segment) write(fd int) (int, error) {
	if s.fin {
		return 0, unix.Shutdown(fd, unix.SHUT_WR)
	}
	if s.done == s.size {
		return 0, nil
	}
	size, flags := int64(writeSize), unix.MSG_NOSIGNAL
	if s.byteWise {
		size, flags = 1, flags|unix.MSG_EOR
	}
	buffer := buffers.Get().(*[writeSize]byte)
	defer buffers.Put(buffer)
	b := buffer[:min(size, s.size-s.done)]
	s.fill(b, s.done)
	return unix.SendmsgN(fd, b, nil, nil, flags)
}

// writeFailed notes a failed write. A client that reads hears of the end
// after what is left to be read; for one that does not, this is the end.
// c.mu is held.
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
