package clients

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// StartReading has a client that was made with NeverRead read from now on. A
// client that reads already reads on.
func (c *Client) StartReading() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.neverRead = false
	c.startReading()
}

// startReading has a goroutine read to the end, unless one does already.
// c.mu is held.
func (c *Client) startReading() {
	if c.raw == nil || c.reading || c.closing {
		return
	}
	c.reading = true
	go c.readAll()
}

// readAll reads until the connection ends.
func (c *Client) readAll() {
	// A read for which nothing is there waits in the poller and is tried again.
	err := c.raw.Read(func(fd uintptr) (done bool) { return c.readOn(int(fd)) })
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.end(Closed, nil) // closed by us
	}
}

// readOn reads what is there. It says whether that was the end.
func (c *Client) readOn(fd int) (done bool) {
	for {
		ended, err := c.readNext(fd)
		if ended || err != nil {
			return ended
		}
	}
}

// readNext makes one read. It gives EAGAIN when nothing is there.
func (c *Client) readNext(fd int) (ended bool, err error) {
	buffer := buffers.Get().(*[writeSize]byte)
	defer buffers.Put(buffer)
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := unix.Read(fd, buffer[:])
	switch {
	case errors.Is(err, unix.EINTR):
		return false, nil
	case errors.Is(err, unix.EAGAIN):
		return false, err
	case err != nil:
		c.end(endOf(err), fmt.Errorf("read: %w", err))
		return true, nil
	case n == 0:
		acknowledge(fd)
		c.endOfFile()
		return true, nil
	}
	acknowledge(fd)
	c.ledger.receive(buffer[:n])
	c.seen.LastProgress = time.Now()
	c.changed()
	return false, nil
}

// acknowledge has the kernel acknowledge at once what has come. A server that
// has not set TCP_NODELAY holds back the last piece of its answer until then
// (RFC 896), and its connection is closing until its FIN is acknowledged; a
// delayed acknowledgement would make each of them take 40 ms (tcp(7),
// TCP_QUICKACK).
func acknowledge(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
}

// endOfFile notes the end of what can be read. The kernel reports a reset
// once: when a write was told of it, read says end of file. c.mu is held.
func (c *Client) endOfFile() {
	if c.lost != nil {
		c.end(endOf(c.lost), c.lost)
		return
	}
	c.end(EOF, nil)
}
