package rest

import (
	"slices"

	"github.com/forkproof/forkproof/observe"
)

// findInFlight adds the sockets whose next change needs nothing but the network:
// a segment is in flight that no process holds up.
func (n *network) findInFlight(r *reasons) {
	n.peers = make(map[ends]observe.Socket, len(n.now))
	for _, s := range n.now {
		n.peers[ends{s.Local, s.Peer}] = s
	}
	for _, s := range n.now {
		if r.full() {
			return
		}
		switch peer, found := n.peers[ends{s.Peer, s.Local}]; s.State {
		case observe.SynSent:
			if !n.acceptQueuesFull(s.Peer.Port()) {
				r.add("a SYN is in flight from %v to %v", s.Local, s.Peer)
			}
		case observe.SynRecv, observe.NewSynRecv:
			if !n.acceptQueuesFull(s.Local.Port()) {
				r.add("the handshake of %v with %v is not complete", s.Peer, s.Local)
			}
		case observe.FinWait1, observe.Closing, observe.LastAck:
			if (!found || !n.holdsUp(peer)) && !n.hasArrived(s, peer) {
				r.add("a FIN is in flight from %v to %v", s.Local, s.Peer)
			}
		case observe.Established, observe.CloseWait:
			switch {
			case found && s.SendQueue > 0 && !n.holdsUp(peer):
				r.add("bytes are in flight from %v to %v", s.Local, s.Peer)
			case !found && s.State == observe.Established && n.held[s.Inode] && s.Peer.Addr().IsLoopback():
				r.add("the end of the connection of %v is in flight to %v", s.Peer, s.Local)
			}
		}
	}
}

// hasArrived reports whether a client's FIN has reached the server, so that only
// its ACK is missing, which the kernel may delay by some 40 ms (RFC 9293, section
// 3.8.6.3). An ACK to the server does matter: it ends a close(2) that lingers,
// socket(7).
func (n *network) hasArrived(fin, peer observe.Socket) bool {
	return fin.State == observe.FinWait1 && peer.State == observe.CloseWait && n.isListening(fin.Peer.Port())
}

// isListening reports whether a socket listens on a port.
func (n *network) isListening(port uint16) bool {
	return slices.ContainsFunc(n.now, func(s observe.Socket) bool {
		return s.State == observe.Listen && s.Local.Port() == port
	})
}

// holdsUp reports whether a socket keeps the bytes of its peer waiting: its
// process does not read, or has not accepted the connection.
func (n *network) holdsUp(s observe.Socket) bool {
	switch s.State {
	case observe.SynRecv, observe.NewSynRecv:
		return n.acceptQueuesFull(s.Local.Port())
	default:
		return s.RecvQueue > 0
	}
}

// acceptQueuesFull reports whether every socket that listens on a port has a full
// accept queue, so that a new connection waits for the server.
func (n *network) acceptQueuesFull(port uint16) bool {
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
