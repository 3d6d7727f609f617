package clients

import (
	"errors"
	"fmt"
	"io"
)

// ErrNotSent is the SendErr of a client that sends after HalfClose, Close or
// Reset.
var ErrNotSent = errors.New("not sent")

// A segment is the next thing to send: a payload, or a FIN, which has none.
type segment struct {
	Payload
	done int64 // bytes that were sent
}

func (s *segment) isFIN() bool { return s.Payload == nil }

// Say sends the next request of the client's conversation.
func (c *Client) Say() { c.say(c.talk.Next) }

// SayLong sends a request of the given size in bytes, or the longest that the
// protocol has.
func (c *Client) SayLong(size int64) {
	c.say(func() (io.ReaderAt, int64) { return c.talk.Long(size) })
}

// Hold sends what keeps the connection in service while the server waits for more.
func (c *Client) Hold() { c.say(c.talk.Hold) }

// say sends a request that the conversation hands out.
func (c *Client) say(next func() (io.ReaderAt, int64)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if bytes, size := next(); size > 0 {
		c.send(request{bytes, size})
	}
}

// Request takes the next request of the client's conversation without sending it; it is
// empty after the last one. The caller sends it, in one piece or in several.
func (c *Client) Request() Payload {
	c.mu.Lock()
	defer c.mu.Unlock()
	bytes, size := c.talk.Next()
	return request{bytes, size}
}

// Send sends a request, with one write if it is no longer than 64 KiB.
func (c *Client) Send(p Payload) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.send(p)
}

// HalfClose sends a FIN after everything that was queued before, and continues to
// read (shutdown(2), SHUT_WR).
func (c *Client) HalfClose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.seen.FINQueued && !c.closing {
		c.enqueue(segment{})
		c.seen.FINQueued = c.seen.SendErr == nil
	}
}

// send queues a request. c.mu is held.
func (c *Client) send(p Payload) {
	c.seen.Queued += p.Size()
	if c.talk != nil {
		c.talk.Queue(p, p.Size())
	}
	switch {
	case c.closing:
		c.sendFailed(fmt.Errorf("%w: after the client closed the connection", ErrNotSent))
	case c.seen.FINQueued:
		c.sendFailed(fmt.Errorf("%w: after the client's FIN", ErrNotSent))
	}
	c.enqueue(segment{Payload: p})
}

// enqueue queues a segment, unless sending has failed. c.mu is held.
func (c *Client) enqueue(s segment) {
	defer c.changed()
	if c.seen.SendErr == nil {
		c.queue = append(c.queue, s)
		c.startSending()
	}
}

// sendFailed notes why nothing more is sent. The first reason stands. c.mu is held.
func (c *Client) sendFailed(err error) {
	if c.seen.SendErr == nil {
		c.seen.SendErr = err
	}
	c.abandon()
}

// abandon drops what is queued. c.mu is held.
func (c *Client) abandon() {
	c.queue, c.seen.SendBlocked = nil, false
}
