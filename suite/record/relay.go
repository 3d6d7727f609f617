// Package record makes a dialogue file of what a person and a server say to each other. A
// relay between the two notes it; then the same is said to fresh servers, and what differs
// is left open.
package record

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/forkproof/forkproof/internal/crash"
)

// longestTalk is how much of a talk is noted, in bytes.
const longestTalk = 256 << 10

// A Dialer connects to the server.
type Dialer interface {
	Dial(ctx context.Context) (*net.TCPConn, error)
}

// A Talk is what was said on one connection.
type Talk struct {
	Greeting []byte
	Turns    []Turn
	// Cut says that it was longer than what is noted: the rest is left out.
	Cut bool
}

// A Turn is what a client sent, and what the server said before the client sent more.
type Turn struct{ Send, Reply []byte }

// A Relay passes on what clients and a server say to each other, and notes it.
type Relay struct {
	mu     sync.Mutex
	talks  []*note
	failed error // why the server could not be reached
}

// A note is a talk that goes on.
type note struct {
	mu   sync.Mutex
	talk Talk
	size int
}

// Run accepts clients until ctx is done, and returns when all connections are closed.
func (r *Relay) Run(ctx context.Context, listener *net.TCPListener, server Dialer) {
	var connections sync.WaitGroup
	defer connections.Wait()
	defer context.AfterFunc(ctx, crash.Guarded(func() { _ = listener.Close() }))()
	for {
		client, err := listener.AcceptTCP()
		if err != nil {
			return // closed
		}
		n := &note{}
		r.mu.Lock()
		r.talks = append(r.talks, n)
		r.mu.Unlock()
		connections.Go(crash.Guarded(func() {
			if err := n.relay(ctx, client, server); err != nil {
				r.mu.Lock()
				r.failed = errors.Join(r.failed, err)
				r.mu.Unlock()
			}
		}))
	}
}

// Talks returns what was said, in the order of connecting, and why a client could not be
// connected to the server.
func (r *Relay) Talks() ([]Talk, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Talk, len(r.talks))
	for i, n := range r.talks {
		list[i] = n.talk
	}
	return list, r.failed
}

// relay passes on what one client and the server say, until both have ended or ctx is
// done.
func (n *note) relay(ctx context.Context, client *net.TCPConn, to Dialer) error {
	defer func() { _ = client.Close() }()
	server, err := to.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	defer context.AfterFunc(ctx, crash.Guarded(func() {
		_ = client.Close()
		_ = server.Close()
	}))()
	var both sync.WaitGroup
	both.Go(crash.Guarded(func() { pass(client, server, n.sent) }))
	both.Go(crash.Guarded(func() { pass(server, client, n.heard) }))
	both.Wait()
	return nil
}

// pass copies from one side to the other, notes each piece before it is passed on, and
// passes on the end.
func pass(from, to *net.TCPConn, note func([]byte)) {
	b := make([]byte, 64<<10)
	for {
		k, err := from.Read(b)
		note(b[:k])
		if _, failed := to.Write(b[:k]); failed != nil {
			_ = from.CloseRead()
			return
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = to.SetLinger(0) // the other side is to see a reset, too
				_ = to.Close()
			}
			_ = to.CloseWrite()
			return
		}
	}
}

// sent notes what the client said.
func (n *note) sent(b []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(b) == 0 || n.full(len(b)) {
		return
	}
	if turns := n.talk.Turns; len(turns) == 0 || len(turns[len(turns)-1].Reply) > 0 {
		n.talk.Turns = append(n.talk.Turns, Turn{})
	}
	last := &n.talk.Turns[len(n.talk.Turns)-1]
	last.Send = append(last.Send, b...)
}

// heard notes what the server said.
func (n *note) heard(b []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.full(len(b)) {
		return
	}
	if len(n.talk.Turns) == 0 {
		n.talk.Greeting = append(n.talk.Greeting, b...)
		return
	}
	last := &n.talk.Turns[len(n.talk.Turns)-1]
	last.Reply = append(last.Reply, b...)
}

// full reports whether so many bytes more are too many. n.mu is held.
func (n *note) full(more int) bool {
	if n.size += more; n.size > longestTalk {
		n.talk.Cut = true
	}
	return n.talk.Cut
}
