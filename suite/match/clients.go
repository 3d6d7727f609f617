package match

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/observe"
)

// Connected matches a snapshot in which each client's connection is established.
func Connected(list ...*Client) Matcher {
	return each(list, condition{
		expected: "the connection is established",
		holds:    func(_ Snapshot, c *Client) bool { return c.History().IsConnected() },
		found:    "is not connected",
	})
}

// ConnectedOrQueued matches a snapshot in which each client's connection lies ready for the
// server to accept, or its SYN waits for an answer because the server's backlog is
// full: not one of them is still on its way. A client is connected a moment before
// its last ACK reaches the server's side, and on a busy machine that moment is long.
func ConnectedOrQueued(list ...*Client) Matcher {
	return matcher{
		expected: "every client is connected, or waits because the backlog is full",
		sight:    Sockets,
		holds: func(s Snapshot) bool {
			dialing, underWay := 0, 0
			for _, c := range list {
				switch {
				case c.History().End == clients.Dialing:
					dialing++
				case !arrived(s, c):
					underWay++ // for as long as the backlog is full, too
				}
			}
			return dialing+underWay == 0 || backlogFull(s) && dialing <= clientsIn(s, observe.SynSent)
		},
		explain: func(s Snapshot) Finding {
			for _, c := range list {
				if c.History().IsConnected() && !arrived(s, c) {
					return Finding{Found: c.Name + "'s connection is still being made on the server's side: " + sockets(s), Clients: []*Client{c}}
				}
			}
			return Connected(list...).Explain(s)
		},
	}
}

// arrived says whether the connection of a client is made on the server's side, too.
func arrived(s Snapshot, c *Client) bool {
	socket, found := s.Connection(c)
	return c.History().Ended() || found && socket.State != observe.SynRecv && socket.State != observe.NewSynRecv
}

// backlogFull says whether the server's accept queue is full.
func backlogFull(s Snapshot) bool {
	return slices.ContainsFunc(s.Picture.Sockets, func(k observe.Socket) bool {
		return k.State == observe.Listen && k.Local.Port() == s.Address.Port() && k.QueueFull()
	})
}

// ConnectedAtOnce matches a snapshot in which each client's connection is
// established, and no SYN had to be sent twice.
func ConnectedAtOnce(list ...*Client) Matcher {
	return each(list, condition{
		expected: "all connections are established at once",
		holds: func(_ Snapshot, c *Client) bool {
			if !c.History().IsConnected() {
				return false
			}
			return c.History().SYNRetransmissions == 0
		},
		found: "is not connected: the backlog is full and its SYN was dropped",
	})
}

// SeeEnd matches a snapshot in which each client saw the end of file.
func SeeEnd(list ...*Client) Matcher {
	return each(list, condition{
		expected: "the client sees the end of file",
		holds:    func(_ Snapshot, c *Client) bool { return c.History().End == clients.EOF },
	})
}

// Ended matches a snapshot in which each client saw its connection end, in order
// or by a reset.
func Ended(list ...*Client) Matcher {
	return each(list, condition{
		expected: "the client sees the end of its connection",
		holds: func(_ Snapshot, c *Client) bool {
			return c.History().EndedByServer()
		},
	})
}

// Accepted matches a snapshot in which some process has taken the client's
// connection.
func Accepted(c *Client) Matcher {
	return matcher{
		expected: c.Name + "'s connection is accepted",
		sight:    Descriptors,
		holds:    func(s Snapshot) bool { return s.Accepted(c) || c.answered() },
		explain: func(s Snapshot) Finding {
			f := Finding{Clients: []*Client{c}, Found: "no process has accepted it"}
			for _, h := range s.Holders(c) {
				p, _ := s.Picture.Find(h.Process)
				f.Found = fmt.Sprintf("%s accepted it (FD %d)", Role(s, p), h.FD)
				f.Diagnosis = "it has served its own client and then gone back to accept"
				f.Processes = appendNew(f.Processes, h.Process)
				f.Wrong = append(f.Wrong, mark(h))
			}
			return f
		},
	}
}

// Dequeued is Accepted for a caller who asks later which process has the connection: the
// kernel sets the inode of a socket when accept takes it from the queue. A connection that
// has ended does not wait there any more.
func Dequeued(c *Client) Matcher {
	return matcher{
		expected: c.Name + "'s connection is accepted",
		sight:    Network,
		holds: func(s Snapshot) bool {
			socket, found := s.Connection(c)
			return found && socket.Inode != 0 || c.History().Ended()
		},
		explain: func(s Snapshot) Finding {
			return Finding{Clients: []*Client{c}, Found: "no process has accepted it; sockets: " + sockets(s)}
		},
	}
}

// Disconnected matches a snapshot in which the server's side of the client's
// connection is gone or knows of the end.
func Disconnected(c *Client) Matcher {
	return matcher{
		expected: c.Name + "'s reset has arrived",
		sight:    Sockets,
		holds: func(s Snapshot) bool {
			socket, found := s.Connection(c)
			return !found || socket.State == observe.Close
		},
		explain: func(s Snapshot) Finding { return Finding{Found: "sockets: " + sockets(s)} },
	}
}

// SentOrStalled matches a snapshot in which a client that does not read can send
// no more, or has nothing left to send: a server may take everything without
// being blocked in its reply. What it is blocked in is its own affair: one that
// hands the data on through a pipe is blocked there.
func SentOrStalled(c *Client) Matcher {
	return matcher{
		expected: c.Name + " has sent everything, or can send no more",
		sight:    Sockets,
		holds: func(s Snapshot) bool {
			h := c.History()
			return h.Sent == h.Queued || h.SendErr != nil || h.Ended() || stalled(s, c)
		},
		explain: func(Snapshot) Finding { return Finding{Found: "it is not stalled: " + describe(c)} },
	}
}

// stalled says whether a client is kept from sending by what the server has
// received and does not read.
func stalled(s Snapshot, c *Client) bool {
	socket, found := s.Connection(c)
	own, known := clientSocket(s, c)
	return found && known && socket.RecvQueue > 0 && own.SendQueue > 0 && c.History().SendBlocked
}

// Taken matches a snapshot in which the server has read everything that the
// client sent.
func Taken(c *Client) Matcher {
	return matcher{
		expected: "the server reads what " + c.Name + " sent",
		sight:    Sockets,
		holds: func(s Snapshot) bool {
			h := c.History()
			socket, found := s.Connection(c)
			own, known := clientSocket(s, c)
			return h.Sent == h.Queued && (!found || !known || own.SendQueue == 0 && socket.RecvQueue == 0)
		},
		explain: func(s Snapshot) Finding {
			return Finding{Found: "it does not: " + describe(c), Diagnosis: whyNot(s, c), Clients: []*Client{c}}
		},
	}
}

// StillOpen matches a snapshot in which no client's connection has ended, but for those
// that the server is to end after its reply.
func StillOpen(list ...*Client) Matcher {
	return each(list, condition{
		expected: "the connection stays open while the client wants it",
		holds: func(_ Snapshot, c *Client) bool {
			h := c.History()
			return !h.Ended() || c.IsOver() && !c.Stays && h.Answered() && h.EndedByServer()
		},
	})
}

// FinSent matches a snapshot in which all that the client sent, and its FIN, lies
// in the server's receive queue.
func FinSent(c *Client) Matcher {
	return matcher{
		expected: c.Name + "'s data and FIN have arrived",
		sight:    Sockets,
		holds: func(s Snapshot) bool {
			socket, found := s.Connection(c)
			return found && socket.State == observe.CloseWait
		},
		explain: func(s Snapshot) Finding { return Finding{Found: "sockets: " + sockets(s)} },
	}
}

// clientSocket is the client's end of its connection.
func clientSocket(s Snapshot, c *Client) (observe.Socket, bool) {
	if s.succeeded(c) {
		return observe.Socket{}, false
	}
	h := c.History()
	for _, k := range s.Picture.Sockets {
		if k.Local == h.Local && k.Peer == h.Remote {
			return k, true
		}
	}
	return observe.Socket{}, false
}
