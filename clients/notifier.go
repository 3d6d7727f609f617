package clients

import "sync"

// A Notifier tells waiting goroutines that the history of a client has changed.
// The zero value is ready. Several clients may share one, see Notify.
type Notifier struct {
	mu   sync.Mutex
	next chan struct{} // nil while no goroutine waits
}

// Changed returns a channel that is closed at the next change. A caller that takes
// the channel first, then reads the histories and then waits misses no change.
// Until it is closed, each call returns the same channel.
func (n *Notifier) Changed() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next == nil {
		n.next = make(chan struct{})
	}
	return n.next
}

func (n *Notifier) notify() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next != nil {
		close(n.next)
		n.next = nil
	}
}

// changed notifies of a change of the client's history. c.mu is held.
func (c *Client) changed() {
	c.own.notify()
	if c.shared != nil {
		c.shared.notify()
	}
}
