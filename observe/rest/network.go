package rest

import (
	"net/netip"

	"github.com/forkproof/forkproof/observe"
)

// compareNetwork adds the connections of the tree that changed between two looks,
// and those with a segment in flight.
func compareNetwork(r *reasons, earlier, later observe.Picture) {
	ports := localPorts(earlier, later)
	if len(ports) == 0 {
		return
	}
	n := network{
		before: withPort(earlier.Sockets, ports), now: withPort(later.Sockets, ports),
		held: heldInodes(later),
	}
	n.compare(r)
	n.findInFlight(r)
}

// localPorts returns the local ports of all TCP sockets that the tree holds in one
// of the pictures. Other programs may share the namespace: a socket concerns the
// tree when one of its two ends has such a port.
func localPorts(pictures ...observe.Picture) map[uint16]bool {
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

// withPort returns the sockets that have one of the ports at either end.
func withPort(all []observe.Socket, ports map[uint16]bool) []observe.Socket {
	var list []observe.Socket
	for _, s := range all {
		if ports[s.Local.Port()] || ports[s.Peer.Port()] {
			list = append(list, s)
		}
	}
	return list
}

// heldInodes returns the inodes of the TCP sockets that the tree holds.
func heldInodes(p observe.Picture) map[uint32]bool {
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
	held        map[uint32]bool // inodes, in the later look
	peers       map[ends]observe.Socket
}

type ends struct{ local, peer netip.AddrPort }

// compare adds the sockets that differ between the looks.
func (n *network) compare(r *reasons) {
	type key struct {
		ends
		inode uint32
	}
	before := make(map[key]observe.Socket, len(n.before))
	for _, s := range n.before {
		if !expiring(s) {
			before[key{ends{s.Local, s.Peer}, s.Inode}] = s
		}
	}
	for _, s := range n.now {
		if expiring(s) {
			continue
		}
		k := key{ends{s.Local, s.Peer}, s.Inode}
		old, known := before[k]
		switch {
		case !known:
			r.add("socket %v is new, or was accepted or closed", s)
		case old.State != s.State:
			r.add("socket %v was in %v", s, old.State)
		case old.RecvQueue != s.RecvQueue || old.SendQueue != s.SendQueue:
			r.add("the queues of socket %v changed", s)
		}
		delete(before, k)
	}
	for _, s := range n.before {
		if _, left := before[key{ends{s.Local, s.Peer}, s.Inode}]; left {
			r.add("socket %v is gone", s)
		}
	}
}

// expiring reports whether only a timer of the kernel ends a socket, which no
// process notices.
func expiring(s observe.Socket) bool {
	return s.State == observe.TimeWait || s.State == observe.FinWait2 && s.Inode == 0
}
