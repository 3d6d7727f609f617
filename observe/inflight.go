package observe

import (
	"fmt"
	"slices"
)

// String describes a socket: "127.0.0.1:80 to 127.0.0.1:50312 (ESTABLISHED)".
func (s Socket) String() string {
	if s.State == Listen {
		return fmt.Sprintf("%v (LISTEN)", s.Local)
	}
	return fmt.Sprintf("%v to %v (%v)", s.Local, s.Peer, s.State)
}

// inFlight adds the sockets that wait for nothing but the network, which will
// bring what they wait for without anybody's doing.
func (n *network) inFlight(c *clauses) {
	n.peers = make(map[ends]Socket, len(n.now))
	for _, s := range n.now {
		n.peers[ends{s.Local, s.Peer}] = s
	}
	for _, s := range n.now {
		if c.full() {
			return
		}
		switch peer, found := n.peers[ends{s.Peer, s.Local}]; s.State {
		case SynSent:
			if !n.queueFullAt(s.Peer.Port()) {
				c.add("a SYN is in flight from %v to %v", s.Local, s.Peer)
			}
		case SynRecv, NewSynRecv:
			if !n.queueFullAt(s.Local.Port()) {
				c.add("the connection from %v to %v is being made", s.Peer, s.Local)
			}
		case FinWait1, Closing, LastAck:
			if (!found || !n.stuck(peer)) && !n.arrived(s, peer) {
				c.add("a FIN is in flight from %v to %v", s.Local, s.Peer)
			}
		case Established, CloseWait:
			switch {
			case found && s.SendQueue > 0 && !n.stuck(peer):
				c.add("bytes are in flight from %v to %v", s.Local, s.Peer)
			case !found && s.State == Established && n.held[s.Inode] && s.Peer.Addr().IsLoopback():
				c.add("the end of the connection from %v is in flight to %v", s.Peer, s.Local)
			}
		}
	}
}

// arrived says that a client's FIN has reached the server, and only its ACK is
// still owed, which may be delayed by some 40 ms (RFC 9293, section 3.8.6.3).
// To a server an ACK does matter: it ends a close(2) that lingers, socket(7).
func (n *network) arrived(fin, peer Socket) bool {
	return fin.State == FinWait1 && peer.State == CloseWait && n.listening(fin.Peer.Port())
}

// listening says whether there is a listening socket with this port.
func (n *network) listening(port uint16) bool {
	return slices.ContainsFunc(n.now, func(s Socket) bool { return s.State == Listen && s.Local.Port() == port })
}

// stuck says that a socket keeps its peer's bytes waiting: its process does
// not read, or nobody has accepted it.
func (n *network) stuck(s Socket) bool {
	switch s.State {
	case SynRecv, NewSynRecv:
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
		if s.State == Listen && s.Local.Port() == port {
			if !s.QueueFull() {
				return false
			}
			found = true
		}
	}
	return found
}
