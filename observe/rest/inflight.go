package rest

import (
	"slices"

	"github.com/forkproof/forkproof/observe"
)

// inFlight adds the sockets that wait for nothing but the network, which will
// bring what they wait for without anybody's doing.
func (n *network) inFlight(c *clauses) {
	n.peers = make(map[ends]observe.Socket, len(n.now))
	for _, s := range n.now {
		n.peers[ends{s.Local, s.Peer}] = s
	}
	for _, s := range n.now {
		if c.full() {
			return
		}
		switch peer, found := n.peers[ends{s.Peer, s.Local}]; s.State {
		case observe.SynSent:
			if !n.queueFullAt(s.Peer.Port()) {
				c.add("a SYN is in flight from %v to %v", s.Local, s.Peer)
			}
		case observe.SynRecv, observe.NewSynRecv:
			if !n.queueFullAt(s.Local.Port()) {
				c.add("the connection from %v to %v is being made", s.Peer, s.Local)
			}
		case observe.FinWait1, observe.Closing, observe.LastAck:
			if (!found || !n.stuck(peer)) && !n.arrived(s, peer) {
				c.add("a FIN is in flight from %v to %v", s.Local, s.Peer)
			}
		case observe.Established, observe.CloseWait:
			switch {
			case found && s.SendQueue > 0 && !n.stuck(peer):
				c.add("bytes are in flight from %v to %v", s.Local, s.Peer)
			case !found && s.State == observe.Established && n.held[s.Inode] && s.Peer.Addr().IsLoopback():
				c.add("the end of the connection from %v is in flight to %v", s.Peer, s.Local)
			}
		}
	}
}

// arrived says that a client's FIN has reached the server, and only its ACK is
// still owed, which may be delayed by some 40 ms (RFC 9293, section 3.8.6.3).
// To a server an ACK does matter: it ends a close(2) that lingers, socket(7).
func (n *network) arrived(fin, peer observe.Socket) bool {
	return fin.State == observe.FinWait1 && peer.State == observe.CloseWait && n.listening(fin.Peer.Port())
}

// listening says whether there is a listening socket with this port.
func (n *network) listening(port uint16) bool {
	return slices.ContainsFunc(n.now, func(s observe.Socket) bool { return s.State == observe.Listen && s.Local.Port() == port })
}

// stuck says that a socket keeps its peer's bytes waiting: its process does
// not read, or nobody has accepted it.
func (n *network) stuck(s observe.Socket) bool {
	switch s.State {
	case observe.SynRecv, observe.NewSynRecv:
		return n.queueFullAt(s.Local.Port())
	default:
		return s.RecvQueue > 0
	}
}

// queueFullAt says whether the listening sockets of a port all have a full
// accept queue, so that a new connection waits for the server.
func (n *network) queueFullAt(port uint16) bool {
	found := false
	for _, s := range n.now {
		if s.State == observe.Listen && s.Local.Port() == port {
			if !s.QueueFull() {
				return false
			}
			found = true
		}
	}
	return found
}
