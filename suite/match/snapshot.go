// Package match holds Gomega matchers over a Snapshot: a server's process tree as
// the kernel shows it, and its clients as they see it, at one moment.
//
// A matcher is one idea in one file. Beside what Gomega asks of it, it can
// explain a mismatch as a Finding, in the words of the field.
package match

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/observe"
)

// A Snapshot is a server and its clients at one moment.
type Snapshot struct {
	// Picture is the server's tree now.
	Picture observe.Picture
	// Idle is the tree as it was before the first client.
	Idle observe.Picture
	// Init is the process that adopts the tree's orphans and reaps them.
	Init int
	// Address is where the server listens.
	Address netip.AddrPort
	// Given is the port that the server was given, on which it should listen; 0 when
	// it was given none.
	Given uint16
	// Clients are all clients so far, in the order of connecting.
	Clients []*Client
	// Gone says that no process of the tree is left: its init has no child.
	Gone bool
	// Ended says how the started process ended; empty while it runs.
	Ended string
	// Overgrown is the number of processes at which forkproof ended the tree; 0 while
	// it has not.
	Overgrown int
	// Output is what it wrote so far, not escaped.
	Output string
	// OutputPipe is the inode of the pipe that its output goes through to forkproof.
	OutputPipe uint64
}

// A Client is one client of the snapshot.
type Client struct {
	*clients.Client
	// Name tells it from the others: "client 2".
	Name string
	// NotReading says that the client does not read, so that input in its
	// queue is no sign of unfinished work.
	NotReading bool
	// Unheard says that its protocol owes it no answer: that it is served shows in which
	// process holds its connection.
	Unheard bool
	// Owed says what reply its protocol owes to what it sends; empty when every byte
	// comes back.
	Owed string
	// Exchanges is after how many of them the client has nothing more to say; 0 when it
	// always has. The server ends the connection then, unless it Stays.
	Exchanges int
	Stays     bool
	// Bounded says that a byte which it is not owed is wrong as soon as it arrives.
	Bounded bool
	// Framed says that a reply tells where it ends: that the connection then ends is no
	// part of it.
	Framed bool
	// mark is how much of the replies it had when it last spoke, and spoken how often
	// it did.
	mark   int64
	spoken int
	held   bool
}

// Hold has the client send what keeps its connection in service. Until it speaks, it is
// owed no answer.
func (c *Client) Hold() {
	c.held = true
	c.Client.Hold()
}

// Waits says that the client is owed no answer now: that it is served shows in which
// process holds its connection.
func (c *Client) Waits() bool { return c.Unheard || c.held }

// IsOver says that the client has nothing more to say.
func (c *Client) IsOver() bool { return c.Exchanges > 0 && c.spoken >= c.Exchanges }

// StartReading has a client that did not read do so.
func (c *Client) StartReading() {
	c.NotReading = false
	c.Client.StartReading()
}

// SayLong has the client send a request of the given size in bytes, or the longest that
// its protocol has.
func (c *Client) SayLong(size int64) {
	if !c.IsOver() {
		c.Spoke()
		c.Client.SayLong(size)
	}
}

// Spoke notes that the client is about to speak: what arrives from now on is an answer.
func (c *Client) Spoke() {
	c.mark, c.held = c.History().Heard, false
	c.spoken++
}

// answered reports whether more of a reply has arrived since the client last spoke. Where
// none is owed to its last words, the end of the connection is the answer.
func (c *Client) answered() bool {
	h := c.History()
	return h.Heard > c.mark || c.IsOver() && h.Answered() && h.End == clients.EOF
}

// Left says whether the client has closed or reset its connection.
func (c *Client) Left() bool { return c.History().ClosedByUs() }

// Address is the client's end of its connection, by which the server's tree
// knows it.
func (c *Client) Address() netip.AddrPort { return c.History().Local }

// Where names the client with its address: "client 2 at 127.0.0.1:50312".
func (c *Client) Where() string {
	h := c.History()
	if !h.IsConnected() {
		return c.Name
	}
	return fmt.Sprintf("%s at %v", c.Name, h.Local)
}

// IsIdle says whether a process was there before the first client.
func (s Snapshot) IsIdle(id observe.ProcessID) bool {
	_, found := s.Idle.Find(id)
	return found
}

// Alive says whether the server can still serve: a process of its tree lives
// and holds a listening socket.
func (s Snapshot) Alive() bool {
	return slices.ContainsFunc(s.Picture.Listening(), func(h observe.Holding) bool {
		p, found := s.Picture.Find(h.Process)
		return found && p.Alive()
	})
}

// Listeners are the processes that were there before the first client and
// hold a listening socket: the parent of a forking server.
func (s Snapshot) Listeners() []observe.Process {
	var list []observe.Process
	for _, h := range s.Picture.Listening() {
		p, found := s.Picture.Find(h.Process)
		if found && s.IsIdle(h.Process) && !slices.ContainsFunc(list, func(q observe.Process) bool { return q.ID == p.ID }) {
			list = append(list, p)
		}
	}
	return list
}

// Connection is the server's end of a client's connection. Once that is over,
// and a second later at that, the kernel may assign its two addresses to a later
// client (tcp_tw_reuse, on the loopback): the connection is then that one's.
func (s Snapshot) Connection(c *Client) (observe.Socket, bool) {
	if s.succeeded(c) {
		return observe.Socket{}, false
	}
	h := c.History()
	return s.Picture.Connection(h.Local, h.Remote)
}

// succeeded says whether a later client has the addresses that were this one's.
func (s Snapshot) succeeded(c *Client) bool {
	h := c.History()
	if !h.IsConnected() {
		return false
	}
	own := slices.Index(s.Clients, c)
	return slices.ContainsFunc(s.Clients[own+1:], func(later *Client) bool {
		l := later.History()
		return l.IsConnected() && l.Local == h.Local && l.Remote == h.Remote
	})
}

// Holders are the processes that hold the server's end of a client's connection.
func (s Snapshot) Holders(c *Client) []observe.Holding {
	socket, found := s.Connection(c)
	if !found || socket.Inode == 0 {
		return nil
	}
	return s.Picture.Holders(socket.Inode)
}

// Accepted says whether a process has taken the client's connection.
func (s Snapshot) Accepted(c *Client) bool { return len(s.Holders(c)) > 0 }

// Zombies are the tree's zombies, but for those that were there before the
// first client and orphans that forkproof itself is about to reap.
func (s Snapshot) Zombies() []observe.Process {
	return slices.DeleteFunc(s.Picture.Zombies(), func(p observe.Process) bool {
		return p.Parent == s.Init || s.IsIdle(p.ID) && wasZombie(s.Idle, p.ID)
	})
}

func wasZombie(idle observe.Picture, id observe.ProcessID) bool {
	p, found := idle.Find(id)
	return found && !p.Alive()
}

// Child returns the process that serves a client and was not there before the
// first one, choosing so that no process stands for two clients. A parent
// that keeps its descriptors makes later children hold earlier connections:
// the child that serves is the oldest that is not spoken for.
func (s Snapshot) Child(of *Client) (observe.ProcessID, bool) {
	id, found := s.Children()[of]
	return id, found
}

// Children returns each client's serving process, where it has one of its own. One that
// has left has the last choice: children that came since may hold its connection, which
// the parent has kept.
func (s Snapshot) Children() map[*Client]observe.ProcessID {
	own := map[*Client]observe.ProcessID{}
	taken := map[observe.ProcessID]bool{}
	for _, left := range []bool{false, true} {
		for _, c := range s.Clients {
			if c.Left() != left {
				continue
			}
			var fresh []observe.ProcessID
			for _, h := range s.Holders(c) {
				if !s.IsIdle(h.Process) && !taken[h.Process] {
					fresh = append(fresh, h.Process)
				}
			}
			if len(fresh) > 0 {
				oldest := slices.MinFunc(fresh, s.older)
				own[c], taken[oldest] = oldest, true
			}
		}
	}
	return own
}

// servingAbove returns the process that serves a client and is the given one, or
// the nearest that it descends from.
func (s Snapshot) servingAbove(id observe.ProcessID) (observe.ProcessID, bool) {
	serving := map[observe.ProcessID]bool{}
	for _, child := range s.Children() {
		serving[child] = true
	}
	for range s.Picture.Processes { // no longer than the longest line of ancestors
		if serving[id] {
			return id, true
		}
		p, _ := s.Picture.Find(id)
		parent, found := s.Picture.ByPID(p.Parent)
		if !found {
			break
		}
		id = parent.ID
	}
	return observe.ProcessID{}, false
}

// older compares the ages of two processes. Those that were started in the same
// tick of the clock come in the order in which their parent forked them, as the
// kernel lists them: a pid tells nothing, for after the highest comes the lowest.
func (s Snapshot) older(a, b observe.ProcessID) int {
	if a.Start != b.Start {
		return cmp.Compare(a.Start, b.Start)
	}
	return cmp.Compare(s.place(a), s.place(b))
}

// place is where the picture lists a process.
func (s Snapshot) place(id observe.ProcessID) int {
	return slices.IndexFunc(s.Picture.Processes, func(p observe.Process) bool { return p.ID == id })
}
