package clients

import (
	"errors"
	"fmt"
)

// ErrNotSent is the SendErr of a client that was told to send after it had
// been told to half-close, to close or to reset.
var ErrNotSent = errors.New("not sent")

// A segment is the next thing to send: a payload, or a FIN.
type segment struct {
	Payload
	done     int64 // bytes that were sent
	byteWise bool  // each byte goes in a segment of its own
	fin      bool
}

// Send sends a payload. An echo server then owes it.
func (c *Client) Send(p Payload) { c.enqueue(segment{Payload: p}) }

// Dribble sends a payload with each byte in a TCP segment of its own: each is
// written by itself, with TCP_NODELAY (tcp(7)), and marked as the end of a
// record (MSG_EOR, send(2)), so that the kernel puts no two in one segment.
func (c *Client) Dribble(p Payload) { c.enqueue(segment{Payload: p, byteWise: true}) }

// Coalesce sends several payloads with one write, if they are no longer than
// 64 KiB together, and else with as few as can be. Nothing is read between.
func (c *Client) Coalesce(ps ...Payload) { c.enqueue(segment{Payload: join(ps)}) }

// HalfClose sends a FIN after everything that was to be sent before, and goes
// on reading (shutdown(2), SHUT_WR).
func (c *Client) HalfClose() { c.enqueue(segment{fin: true}) }

func (c *Client) enqueue(s segment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed()
	refused := ""
	switch {
	case c.closing:
		refused = "after the client closed the connection"
	case c.finQueued && !s.fin:
		refused = "after the client's FIN"
	}
	if s.fin && (c.finQueued || c.closing) {
		return
	}
	c.ledger.owe(s.Payload)
	if refused != "" {
		c.sendFailed(fmt.Errorf("%w: %s", ErrNotSent, refused))
	}
	if c.seen.SendErr != nil {
		return
	}
	c.finQueued = c.finQueued || s.fin
	c.seen.FINQueued = c.finQueued
	c.queue = append(c.queue, s)
	c.startSending()
}

// sendFailed notes why nothing more will be sent. The first reason stands.
// c.mu is held.
func (c *Client) sendFailed(err error) {
	if c.seen.SendErr == nil {
		c.seen.SendErr = err
	}
	c.abandon()
}

// abandon forgets what was still to be sent. c.mu is held.
func (c *Client) abandon() {
	c.queue, c.seen.SendBlocked = nil, false
}
