package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/observe"
)

// NoConnectionLeft matches a snapshot in which the server holds no connection of
// a client that has left.
func NoConnectionLeft() Matcher {
	return matcher{
		expected: "every connection is closed on the server's side too",
		sight:    Sockets,
		holds:    func(s Snapshot) bool { return len(leftOpen(s)) == 0 },
		explain: func(s Snapshot) Finding {
			list := leftOpen(s)
			if len(list) == 0 {
				return Finding{Found: "no connection is left"}
			}
			f := Finding{}
			for _, k := range list {
				for _, h := range s.Picture.Holders(k.Inode) {
					f.Wrong = append(f.Wrong, mark(h))
					f.Processes = appendNew(f.Processes, h.Process)
				}
			}
			f.Found = fmt.Sprintf("%s left, the first in %v, held by %s",
				plural(len(list), "connection"), list[0].State, processes(f.Processes))
			f.Diagnosis = join("the client has closed its side; this side stays in CLOSE_WAIT until the last descriptor of the connection is closed",
				blocked(s, f.Processes))
			return f
		},
	}
}

// leftOpen are the server's ends of connections whose client has closed.
func leftOpen(s Snapshot) []observe.Socket {
	var list []observe.Socket
	for _, c := range s.Clients {
		if !c.History().ClosedByUs() {
			continue
		}
		socket, found := s.Connection(c)
		if found && socket.State != observe.TimeWait && socket.State != observe.LastAck {
			list = append(list, socket)
		}
	}
	return list
}

// PortInUse matches a snapshot in which some connection still occupies the
// server's port, though no process holds it.
func PortInUse() Matcher {
	return matcher{
		expected: "the earlier connection still occupies the port",
		sight:    Sockets,
		holds: func(s Snapshot) bool {
			return slices.ContainsFunc(s.Picture.Sockets, func(k observe.Socket) bool {
				return k.Local.Port() == s.Address.Port() && k.Inode == 0 &&
					(k.State == observe.FinWait2 || k.State == observe.FinWait1 || k.State == observe.TimeWait)
			})
		},
		explain: func(s Snapshot) Finding { return Finding{Found: "sockets: " + sockets(s)} },
	}
}

// Listening matches a snapshot in which the server listens.
func Listening() Matcher {
	return matcher{
		expected: "the server listens on its port",
		sight:    Descriptors,
		holds:    Snapshot.Alive,
		explain:  func(s Snapshot) Finding { return Finding{Found: fmt.Sprintf("no process listens on %v", s.Address)} },
	}
}

// PortFree matches a snapshot in which no process listens on the server's port.
func PortFree() Matcher {
	return matcher{
		expected: "no process listens on the port any more",
		sight:    Descriptors,
		holds:    func(s Snapshot) bool { return len(s.Picture.Listening()) == 0 },
		explain: func(s Snapshot) Finding {
			var ids []observe.ProcessID
			for _, h := range s.Picture.Listening() {
				ids = appendNew(ids, h.Process)
			}
			return Finding{
				Found:     fmt.Sprintf("still listening on %v: %s", s.Address, processes(ids)),
				Diagnosis: blocked(s, ids),
				Processes: ids,
			}
		},
	}
}

func sockets(s Snapshot) string {
	texts := make([]string, 0, len(s.Picture.Sockets))
	for _, k := range s.Picture.Sockets {
		texts = append(texts, fmt.Sprintf("%v-%v %v", k.Local, k.Peer, k.State))
	}
	return strings.Join(texts, ", ")
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// Unseen lists the sockets that the server keeps open where no process is seen to
// hold them; none when the picture does not show every process. On a network of its
// own these are all but the clients' ends, on the machine's network those with its
// port. The picture must have been read with Everything.
func (s Snapshot) Unseen(ownNetwork bool) []observe.Socket {
	p := s.Picture
	if p.Truncated || p.Vanished || slices.ContainsFunc(p.Live(), func(q observe.Process) bool { return q.Unreadable != nil }) {
		return nil
	}
	port, closing := s.Address.Port(), closes(p)
	return slices.DeleteFunc(p.Unheld(), func(k observe.Socket) bool {
		switch k.State {
		case observe.FinWait1, observe.Closing, observe.LastAck:
			if closing {
				return true
			}
		}
		return k.Local.Port() != port && (!ownNetwork || k.Peer.Port() == port)
	})
}

// closes says whether a thread sleeps in a call that closes a descriptor: until the
// last byte is sent the socket is still there, and has no number any more (SO_LINGER,
// socket(7)).
func closes(p observe.Picture) bool {
	calls := []string{"close", "close_range", "dup2", "dup3", "execve", "execveat"}
	return slices.ContainsFunc(p.Live(), func(q observe.Process) bool {
		return slices.ContainsFunc(q.Tasks, func(t observe.Task) bool { return slices.Contains(calls, t.Call.Name) })
	})
}
