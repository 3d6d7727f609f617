package rest

import (
	"net/netip"

	"github.com/forkproof/forkproof/observe"
)

// traffic adds what is on its way over the connections of the tree, or changed
// between two looks.
func traffic(c *clauses, earlier, later observe.Picture) {
	ports := portsOf(earlier, later)
	if len(ports) == 0 {
		return
	}
	n := network{
		before: ofTree(earlier.Sockets, ports), now: ofTree(later.Sockets, ports),
		held: heldBy(later),
	}
	n.changed(c)
	n.inFlight(c)
}

// portsOf gives the local ports of all TCP sockets that the tree holds in
// either picture. A socket of the namespace concerns the tree when one of its
// ends has such a port: a namespace may be shared with others.
func portsOf(pictures ...observe.Picture) map[uint16]bool {
	ports := map[uint16]bool{}
	for _, p := range pictures {
		for _, q := range p.Processes {
			for _, d := range q.Descriptors {
				if d.Socket != nil {
					ports[d.Socket.Local.Port()] = true
				}
			}
		}
	}
	return ports
}

func ofTree(all []observe.Socket, ports map[uint16]bool) []observe.Socket {
	var list []observe.Socket
	for _, s := range all {
		if ports[s.Local.Port()] || ports[s.Peer.Port()] {
			list = append(list, s)
		}
	}
	return list
}

func heldBy(p observe.Picture) map[uint32]bool {
	held := map[uint32]bool{}
	for _, q := range p.Processes {
		for _, d := range q.Descriptors {
			if d.Socket != nil {
				held[d.Socket.Inode] = true
			}
		}
	}
	return held
}

// A network is the TCP sockets that concern a tree, in two looks.
type network struct {
	before, now []observe.Socket
	held        map[uint32]bool // inodes, now
	peers       map[ends]observe.Socket
}

type ends struct{ local, peer netip.AddrPort }

// changed adds the sockets that differ between the looks.
func (n *network) changed(c *clauses) {
	type key struct {
		ends
		inode uint32
	}
	before := make(map[key]observe.Socket, len(n.before))
	for _, s := range n.before {
		if !fading(s) {
			before[key{ends{s.Local, s.Peer}, s.Inode}] = s
		}
	}
	for _, s := range n.now {
		if fading(s) {
			continue
		}
		k := key{ends{s.Local, s.Peer}, s.Inode}
		old, known := before[k]
		switch {
		case !known:
			c.add("socket %v is new, or was accepted or closed", s)
		case old.State != s.State:
			c.add("socket %v was in %v", s, old.State)
		case old.RecvQueue != s.RecvQueue || old.SendQueue != s.SendQueue:
			c.add("the queues of socket %v changed", s)
		}
		delete(before, k)
	}
	for _, s := range n.before {
		if _, left := before[key{ends{s.Local, s.Peer}, s.Inode}]; left {
			c.add("socket %v is no more", s)
		}
	}
}

// fading says that nothing but a clock ends a socket, and nobody minds.
func fading(s observe.Socket) bool {
	return s.State == observe.TimeWait || s.State == observe.FinWait2 && s.Inode == 0
}
