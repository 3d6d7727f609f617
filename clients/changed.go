package clients

import (
	"slices"
	"sync"
)

// A bell rings once, when the history of any of some clients changes.
type bell struct {
	of   []*Client
	once sync.Once
	rung chan struct{}
}

func (b *bell) ring() { b.once.Do(func() { close(b.rung) }) }

func (b *bell) hasRung() bool {
	select {
	case <-b.rung:
		return true
	default:
		return false
	}
}

// Changed gives a channel that is closed when the history changes next. Take
// the channel first, then look at the history, then wait: no change is missed.
// Until it is closed, each call gives the same channel.
func (c *Client) Changed() <-chan struct{} { return Changed(c) }

// Changed gives a channel that is closed when the history of any of the
// clients changes next; see Client.Changed. Without clients it is nil.
func Changed(of ...*Client) <-chan struct{} {
	if len(of) == 0 {
		return nil
	}
	if b := of[0].findBell(of); b != nil {
		return b.rung
	}
	b := &bell{of: slices.Clone(of), rung: make(chan struct{})}
	// The first client comes last: whoever finds the bell with it can be sure
	// that the others have it, too.
	for _, c := range slices.Backward(b.of) {
		c.hang(b)
	}
	return b.rung
}

// findBell gives a bell of just these clients that has not rung.
func (c *Client) findBell(of []*Client) *bell {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.bells {
		if !b.hasRung() && slices.Equal(b.of, of) {
			return b
		}
	}
	return nil
}

// hang has a bell rung by this client's next change, and drops those that
// others have rung.
func (c *Client) hang(b *bell) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bells = append(slices.DeleteFunc(c.bells, (*bell).hasRung), b)
}

// changed rings the bells. c.mu is held.
func (c *Client) changed() {
	for _, b := range c.bells {
		b.ring()
	}
	clear(c.bells)
	c.bells = c.bells[:0]
}
