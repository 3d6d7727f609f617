package look

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// A Wrong is what a look shows to break the rule of a requirement.
type Wrong struct {
	// ID names the requirement.
	ID string
	// Key is the same in every look that shows it.
	Key     string
	Finding match.Finding
}

// both returns those of now that were there before.
func both(before, now []Wrong) []Wrong {
	return slices.DeleteFunc(now, func(w Wrong) bool {
		return !slices.ContainsFunc(before, func(v Wrong) bool { return v.ID == w.ID && v.Key == w.Key })
	})
}

// judge returns what one picture shows, one entry for each requirement.
func judge(p observe.Picture) []Wrong {
	v := view{p, match.Snapshot{Picture: p, Idle: p}}
	v.snapshot.Idle.Processes = slices.DeleteFunc(slices.Clone(p.Processes), func(q observe.Process) bool {
		return !q.Alive() || !v.listens(q.ID) && q.ID != p.Processes[0].ID
	})
	var list []Wrong
	for _, look := range []func(*view) *Wrong{
		(*view).keptByParent, (*view).keptAfterEnd, (*view).keptBySibling, (*view).listenerInChild,
		(*view).unaccepted, (*view).zombies,
	} {
		if w := look(&v); w != nil {
			w.Finding.Snapshot = &v.snapshot
			list = append(list, *w)
		}
	}
	return list
}

// A view is a picture with what can be asked of it.
type view struct {
	observe.Picture
	snapshot match.Snapshot
}

// listens says whether a process holds a listening socket.
func (v *view) listens(id observe.ProcessID) bool {
	return slices.ContainsFunc(v.Listening(), func(h observe.Holding) bool { return h.Process == id })
}

// connections are the sockets of clients that a process of the tree holds, in the order
// in which they are found.
func (v *view) connections() []observe.Socket {
	var ports []uint16
	for _, h := range v.Listening() {
		ports = append(ports, h.Socket.Local.Port())
	}
	var list []observe.Socket
	for _, p := range v.Processes {
		for _, d := range p.Descriptors {
			known := func(s observe.Socket) bool { return d.Socket.Inode == s.Inode }
			if d.Kind == observe.ConnectedSocket && d.Socket != nil && slices.Contains(ports, d.Socket.Local.Port()) &&
				!slices.ContainsFunc(list, known) {
				list = append(list, *d.Socket)
			}
		}
	}
	return list
}

// descends says whether a process descends from another one.
func (v *view) descends(id, from observe.ProcessID) bool {
	for range v.Processes { // no longer than the longest line of ancestors
		p, _ := v.Find(id)
		parent, found := v.ByPID(p.Parent)
		if !found {
			return false
		}
		if parent.ID == from {
			return true
		}
		id = parent.ID
	}
	return false
}

// call is what the first thread of a process sleeps in.
func (v *view) call(id observe.ProcessID) observe.Call {
	if p, _ := v.Find(id); len(p.Tasks) > 0 {
		return p.Tasks[0].Call
	}
	return observe.Call{Running: true}
}

// accepts says whether a process waits for its next client, and for nothing else.
func (v *view) accepts(id observe.ProcessID) bool {
	fd, waits := v.call(id).FD()
	p, _ := v.Find(id)
	d, _ := p.Descriptor(fd)
	return waits && v.call(id).Accepts() && d.Kind == observe.ListeningSocket
}

// multiplexes says whether a process waits for several things at once, or may.
func (v *view) multiplexes(id observe.ProcessID) bool {
	p, _ := v.Find(id)
	name := v.call(id).Name
	return len(p.Tasks) != 1 || name == "" || strings.Contains(name, "poll") || strings.Contains(name, "select")
}

// A keeping is a descriptor that should not be open, and the process that serves the client.
type keeping struct {
	observe.Holding
	server observe.ProcessID
}

// wrong makes a Wrong of descriptors.
func (v *view) wrong(id, verb, why string, list []keeping) *Wrong {
	if len(list) == 0 {
		return nil
	}
	w := &Wrong{ID: id, Finding: match.Finding{Diagnosis: why}}
	for _, k := range list {
		w.Key += fmt.Sprintf("%d/%d/%d ", k.Process.PID, k.FD, k.Socket.Inode)
		w.Finding.Wrong = append(w.Finding.Wrong, match.Mark{Process: k.Process, FD: k.FD})
		for _, one := range []observe.ProcessID{k.Process, k.server} {
			if one.PID != 0 && !slices.Contains(w.Finding.Processes, one) {
				w.Finding.Processes = append(w.Finding.Processes, one)
			}
		}
	}
	k := list[0]
	what := observe.Descriptor{Kind: observe.ConnectedSocket, Socket: &k.Socket}
	if k.Socket.State == observe.Listen {
		what.Kind = observe.ListeningSocket
	}
	w.Finding.Found = fmt.Sprintf("process %d %s FD %d, %v", k.Process.PID, verb, k.FD, what)
	if k.server.PID != 0 && k.server != k.Process {
		w.Finding.Found += fmt.Sprintf(", which process %d serves", k.server.PID)
	}
	if more := len(list) - 1; more > 0 {
		w.Finding.Found += fmt.Sprintf(" (and %d more like it)", more)
	}
	return w
}

// server returns the one of some holders of a connection that serves it, as far as that
// shows: it is blocked in a call on it, or holds no other connection.
func (v *view) server(holders []observe.Holding) observe.ProcessID {
	for _, h := range holders {
		if fd, waits := v.call(h.Process).FD(); waits && fd == h.FD {
			return h.Process
		}
	}
	for _, h := range holders {
		p, _ := v.Find(h.Process)
		n := 0
		for _, d := range p.Descriptors {
			if d.Kind == observe.ConnectedSocket {
				n++
			}
		}
		if n == 1 {
			return h.Process
		}
	}
	return observe.ProcessID{}
}

// keptByParent: a process that listens holds a connection that a descendant holds, too.
func (v *view) keptByParent() *Wrong {
	var list []keeping
	for _, s := range v.connections() {
		holders := v.Holders(s.Inode)
		for _, h := range holders {
			below := slices.DeleteFunc(slices.Clone(holders), func(c observe.Holding) bool { return !v.descends(c.Process, h.Process) })
			if len(below) > 0 && v.listens(h.Process) {
				list = append(list, keeping{h, v.server(below)})
			}
		}
	}
	return v.wrong("descriptors/parent-closes-connection", "still holds",
		"its copy of the descriptor keeps the connection open after the child has closed its own, "+
			"so the client never sees the end, and the parent runs out of descriptors", list)
}

// keptAfterEnd: the client has ended its side, everything of it is read, and the process
// that holds the connection waits for other clients.
func (v *view) keptAfterEnd() *Wrong {
	var list []keeping
	for _, s := range v.connections() {
		holders := v.Holders(s.Inode)
		idle := !slices.ContainsFunc(holders, func(h observe.Holding) bool { return !v.accepts(h.Process) })
		if s.State == observe.CloseWait && s.RecvQueue == 0 && s.SendQueue == 0 && idle {
			list = append(list, keeping{Holding: holders[0]})
		}
	}
	return v.wrong("descriptors/no-close-wait", "still holds",
		"its client has left and all that it sent is read, but no process closes the socket: it stays until the process ends", list)
}

// keptBySibling: a child holds a connection that another child serves.
func (v *view) keptBySibling() *Wrong {
	var list []keeping
	for _, s := range v.connections() {
		children := slices.DeleteFunc(v.Holders(s.Inode), func(h observe.Holding) bool {
			p, _ := v.Find(h.Process)
			parent, found := v.ByPID(p.Parent)
			return v.listens(h.Process) || !found || !v.listens(parent.ID)
		})
		server := v.server(children)
		for _, h := range children {
			if server.PID != 0 && h.Process != server {
				list = append(list, keeping{h, server})
			}
		}
	}
	return v.wrong("descriptors/no-siblings", "holds",
		"it inherited the descriptor from the parent, which had not closed it before it forked again: "+
			"that client's connection stays open until both processes have closed it", list)
}

// listenerInChild: a child serves a client and holds the listening socket, on which its
// parent alone waits. A prefork worker waits there itself.
func (v *view) listenerInChild() *Wrong {
	var list []keeping
	for _, h := range v.Listening() {
		p, _ := v.Find(h.Process)
		parent, found := v.ByPID(p.Parent)
		serves := slices.ContainsFunc(p.Descriptors, func(d observe.Descriptor) bool { return d.Kind == observe.ConnectedSocket })
		if found && serves && v.accepts(parent.ID) && !v.accepts(p.ID) && !v.multiplexes(p.ID) {
			list = append(list, keeping{Holding: h})
		}
	}
	return v.wrong("descriptors/child-closes-listener", "holds",
		"a child never accepts; while one of them keeps the listening socket, the port stays taken "+
			"after the parent has ended (\"Address already in use\")", list)
}

// unaccepted: clients wait in the accept queue, and every process that holds the
// listening socket is blocked in something else.
func (v *view) unaccepted() *Wrong {
	for _, first := range v.Listening() {
		holders := v.Holders(first.Socket.Inode)
		free := slices.ContainsFunc(holders, func(h observe.Holding) bool {
			p, _ := v.Find(h.Process)
			return p.State != observe.Sleeping || v.accepts(h.Process) || v.multiplexes(h.Process)
		})
		if first.Socket.RecvQueue == 0 || free {
			continue
		}
		call := v.call(first.Process)
		found := fmt.Sprintf("%d clients wait in the accept queue of %v, and process %d does not accept them",
			first.Socket.RecvQueue, first.Socket.Local, first.Process.PID)
		return &Wrong{ID: "concurrency/second-client", Key: fmt.Sprint(first.Socket.Inode), Finding: match.Finding{
			Found: found, Diagnosis: fmt.Sprintf("process %d is blocked in %v", first.Process.PID, call),
			Processes: []observe.ProcessID{first.Process},
		}}
	}
	return nil
}

// zombies: children have ended, and their parent has not waited for them.
func (v *view) zombies() *Wrong {
	list := slices.DeleteFunc(v.Zombies(), func(p observe.Process) bool {
		_, found := v.ByPID(p.Parent)
		return !found // the parent of the process that is looked at
	})
	if len(list) == 0 {
		return nil
	}
	w := &Wrong{ID: "reaping/one", Finding: match.NoZombies().Explain(v.snapshot)}
	for _, p := range list {
		w.Key += fmt.Sprint(p.ID, " ")
	}
	switch parent, _ := v.ByPID(list[0].Parent); {
	case parent.Signals.Caught.Has(syscall.SIGCHLD):
		w.ID = someReaped
	default:
		w.Finding.Diagnosis += "; a server that waits at its next client has them until then"
	}
	return w
}
