package clients

import "net"

// Close closes the connection at once and in order, with a FIN (close(2)). What
// the kernel has taken is still delivered; what is queued is not. If input has
// arrived that was not read, the kernel sends a RST instead (RFC 2525, section
// 2.17). Close cancels a dial in flight, and has no effect on a closed connection.
func (c *Client) Close() { c.finish(func(*net.TCPConn) {}) }

// Reset ends the connection at once with a RST (SO_LINGER of 0, socket(7)). What
// neither side has read is lost. Reset cancels a dial in flight, and has no effect
// on a closed connection.
func (c *Client) Reset() {
	c.finish(func(conn *net.TCPConn) {
		_ = conn.SetLinger(0) // fails only on a connection that is gone
	})
}

func (c *Client) finish(before func(*net.TCPConn)) {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		return
	}
	c.closing = true
	c.abandon()
	conn := c.conn
	if conn == nil {
		c.seen.closed = true
		c.changed()
	}
	c.mu.Unlock()
	if conn == nil {
		c.cancel()
		return
	}
	before(conn)
	// Not under mu: it waits for a read or a write in progress.
	_ = conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen.closed = true
	c.end(Closed, nil)
	c.changed()
}
