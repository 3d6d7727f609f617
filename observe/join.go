package observe

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// addSockets lists the sockets, and points every descriptor of a TCP socket to
// its socket.
func (o *Observer) addSockets(p *Picture) error {
	if o.sockets != nil {
		sockets, err := o.sockets.TCP()
		if err != nil {
			return err
		}
		p.Sockets = sockets
	}
	o.joinSockets(p)
	return nil
}

// joinSockets points every descriptor of a TCP socket to its socket, and reports
// whether each has one.
func (o *Observer) joinSockets(p *Picture) (all bool) {
	all = true
	byInode := make(map[uint64]*Socket, len(p.Sockets))
	for i := range p.Sockets {
		if s := &p.Sockets[i]; s.Inode != 0 {
			byInode[uint64(s.Inode)] = s
		}
	}
	for i := range p.Processes {
		q := &p.Processes[i]
		for j := range q.Descriptors {
			d := &q.Descriptors[j]
			if !d.Kind.isSocket() {
				continue
			}
			if s, found := byInode[d.Inode]; found {
				d.Socket, d.Kind = s, kindOf(*s)
			} else if d.Socket, d.Kind = nil, OtherSocket; o.readers[0].isTCP(q.ID.PID, d) {
				d.Kind, all = TCPSocket, false
			}
		}
	}
	return all
}

func kindOf(s Socket) Kind {
	switch {
	case s.State == Listen:
		return ListeningSocket
	case s.Peer.Port() != 0:
		return ConnectedSocket
	default:
		return TCPSocket
	}
}

// isTCP reports whether a socket that is in no table is a TCP socket: one that is
// neither bound nor connected. The kernel names the protocol in an extended
// attribute of the socket.
func (r *procReader) isTCP(pid int, d *Descriptor) bool {
	var name [32]byte
	path := r.root + "/" + strconv.Itoa(pid)
	if d.Thread != 0 {
		path += "/task/" + strconv.Itoa(d.Thread)
	}
	path += "/fd/" + strconv.Itoa(d.FD)
	n, err := unix.Getxattr(path, "system.sockprotoname", name[:])
	if err != nil {
		return false
	}
	protocol := strings.TrimRight(string(name[:n]), "\x00")
	return protocol == "TCP" || protocol == "TCPv6" || protocol == "MPTCP" || protocol == "MPTCPv6"
}
