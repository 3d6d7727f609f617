package clients

import "sync"

// A Bell rings when the history of a client that has it changes. Each client has
// one of its own, see Client.Changed, and may share another, see Ringing.
type Bell struct {
	mu   sync.Mutex
	next chan struct{} // nil when nobody listens
}

// Next gives a channel that is closed when the bell rings next. Take the channel
// first, then look at the histories, then wait: no change is missed. Until it is
// closed, each call gives the same channel.
func (b *Bell) Next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

func (b *Bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// Changed gives the next ring of the client's own bell.
func (c *Client) Changed() <-chan struct{} { return c.own.Next() }

// changed rings the bells. c.mu is held.
func (c *Client) changed() {
	c.own.ring()
	if c.shared != nil {
		c.shared.ring()
	}
}
