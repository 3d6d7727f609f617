package clients

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
)

// StartReading makes a client with the option NeverRead read from now on. It has
// no effect on a client that reads.
func (c *Client) StartReading() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.neverRead = false
	c.startReading()
}

// startReading starts a goroutine that reads to the end, unless there is one.
// c.mu is held.
func (c *Client) startReading() {
	if c.raw == nil || c.reading || c.closing {
		return
	}
	c.reading = true
	crash.Go(c.readAll)
}

// readAll reads until the connection ends.
func (c *Client) readAll() {
	// While there is no input, the poller waits and calls again.
	err := c.raw.Read(func(fd uintptr) (done bool) { return c.readOn(int(fd)) })
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.end(Closed, nil) // closed by us
	}
}

// readOn reads what has arrived. It returns whether that was the end.
func (c *Client) readOn(fd int) (done bool) {
	for {
		ended, err := c.readNext(fd)
		if ended || err != nil {
			return ended
		}
	}
}

// readNext makes one read. It returns EAGAIN when there is no input.
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
	c.seen.Received += int64(n)
	if c.talk != nil {
		c.talk.Receive(buffer[:n])
		c.startSending() // what has waited for this
	}
	c.changed()
	return false, nil
}

// acknowledge makes the kernel acknowledge at once what has arrived. A server
// without TCP_NODELAY holds back the last segment of its reply until then (RFC
// 896), and its connection is closing until its FIN is acknowledged. A delayed
// acknowledgement would take 40 ms each time (tcp(7), TCP_QUICKACK).
func acknowledge(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
}

// endOfFile notes the end of input. The kernel reports a reset once: after a write
// has failed with it, read returns the end of file. c.mu is held.
func (c *Client) endOfFile() {
	if c.lost != nil {
		c.end(endOf(c.lost), c.lost)
		return
	}
	c.end(EOF, nil)
}
