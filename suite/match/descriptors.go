package match

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/observe"
)

// ParentHoldsNoConnection matches a snapshot in which no process that listens
// holds a connection that a child serves.
func ParentHoldsNoConnection() Matcher {
	return descriptors{
		expected: "the parent holds no connected socket: each is open in its child alone",
		wrong: func(s Snapshot) []holding {
			return held(s, func(s Snapshot, h observe.Holding, _ observe.ProcessID) bool {
				return s.IsIdle(h.Process)
			})
		},
		verb: "still holds",
		why: "its copy of the descriptor keeps the connection open after the child has closed its own, " +
			"so the client never sees the end, and the parent runs out of descriptors",
	}.matcher()
}

// NoSiblings matches a snapshot in which no child holds the connection of a
// client that another child serves. A child may start helpers (cat, a shell):
// they hold the connection of their own client, as they should.
func NoSiblings() Matcher {
	return descriptors{
		expected: "each child holds its own client's connection and no other",
		wrong: func(s Snapshot) []holding {
			return held(s, func(s Snapshot, h observe.Holding, child observe.ProcessID) bool {
				server, found := s.servingAbove(h.Process)
				return found && server != child
			})
		},
		verb: "holds",
		why: "it inherited the descriptor from the parent, which had not closed it before it forked again: " +
			"that client's connection stays open until both processes have closed it",
	}.matcher()
}

// ChildrenHoldNoListener matches a snapshot in which no child that serves a
// connection holds the listening socket.
func ChildrenHoldNoListener() Matcher {
	return descriptors{
		expected: "no child holds the listening socket",
		wrong: func(s Snapshot) (list []holding) {
			children := s.Children()
			for _, h := range s.Picture.Listening() {
				for c, child := range children {
					if child == h.Process {
						list = append(list, holding{h, c})
					}
				}
			}
			return list
		},
		verb: "holds",
		why: "a child never accepts; while one of them keeps the listening socket, the port stays taken " +
			"after the parent has ended (\"Address already in use\")",
	}.matcher()
}

// A holding is a descriptor that a process should not have, with the client it concerns.
type holding struct {
	observe.Holding
	client *Client
}

// held lists the holdings of clients' connections that wrong picks out, for
// clients that have a child of their own.
func held(s Snapshot, wrong func(Snapshot, observe.Holding, observe.ProcessID) bool) (list []holding) {
	children := s.Children()
	for _, c := range s.Clients {
		child, found := children[c]
		if !found {
			continue
		}
		for _, h := range s.Holders(c) {
			if wrong(s, h, child) {
				list = append(list, holding{h, c})
			}
		}
	}
	return list
}

// descriptors makes a matcher of "no process holds a wrong descriptor".
type descriptors struct {
	expected, verb, why string
	wrong               func(Snapshot) []holding
}

func (d descriptors) matcher() Matcher {
	return matcher{
		expected: d.expected,
		sight:    Descriptors,
		holds:    func(s Snapshot) bool { return len(d.wrong(s)) == 0 },
		explain:  d.explain,
	}
}

func (d descriptors) explain(s Snapshot) Finding {
	list := d.wrong(s)
	if len(list) == 0 {
		return Finding{Found: "no such descriptor"}
	}
	slices.SortFunc(list, func(a, b holding) int {
		if a.Process != b.Process {
			return s.older(a.Process, b.Process)
		}
		return a.FD - b.FD
	})
	first := list[0]
	p, _ := s.Picture.Find(first.Process)
	f := Finding{
		Found: fmt.Sprintf("%s %s FD %d%s, %s", Role(s, p), d.verb, first.FD, ofThread(first), what(s, first)),
	}
	if more := len(list) - 1; more > 0 {
		f.Found += fmt.Sprintf(" (and %d more like it)", more)
	}
	f.Diagnosis = d.why
	children := s.Children()
	for _, h := range list {
		f.Wrong = append(f.Wrong, mark(h.Holding))
		f.Processes = appendNew(f.Processes, h.Process)
		if child, found := children[h.client]; found {
			f.Processes = appendNew(f.Processes, child)
		}
	}
	return f
}

// ofThread names the thread that alone has the descriptor.
func ofThread(h holding) string {
	if h.Thread == 0 {
		return ""
	}
	return fmt.Sprintf(" of thread %d", h.Thread)
}

func what(s Snapshot, h holding) string {
	if h.Socket.State == observe.Listen {
		return fmt.Sprintf("the listening socket %v", h.Socket.Local)
	}
	text := fmt.Sprintf("the connection from %v (%s)", h.client.Address(), h.client.Name)
	if child, found := s.Child(h.client); found && child != h.Process {
		text += fmt.Sprintf(", which child %d serves", child.PID)
	}
	return text
}

func appendNew(list []observe.ProcessID, id observe.ProcessID) []observe.ProcessID {
	if slices.Contains(list, id) {
		return list
	}
	return append(list, id)
}
