package match

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/observe"
)

// Served matches a snapshot in which each client is served: it was answered since it
// last spoke or, when no answer is owed, a process holds its connection and waits for
// what it says. A right answer has to be whole, unless nothing more is to come: a client
// that left before would reset its connection.
func Served(list ...*Client) Matcher {
	return each(list, condition{
		expected: "every client is " + served(list),
		sight:    sightOf(list),
		holds:    Snapshot.servedWhole,
		atRest:   Snapshot.Served,
		found:    "is not " + served(list),
	})
}

// ServedOf is Served for the n-th of so many clients.
func ServedOf(c *Client, n, of int) Matcher {
	one := []*Client{c}
	return each(one, condition{
		expected: fmt.Sprintf("all %d clients are %s", of, served(one)),
		sight:    sightOf(one),
		holds:    Snapshot.servedWhole,
		atRest:   Snapshot.Served,
		found:    fmt.Sprintf("(number %d of %d) is not %s", n, of, served(one)),
	})
}

// Answered matches a snapshot in which each client has the reply to everything that it
// sent, and nothing else; a client that is owed none is served.
func Answered(list ...*Client) Matcher {
	return each(list, condition{
		expected: reply(list),
		sight:    sightOf(list),
		holds:    Snapshot.hasWholeReply,
		atRest:   Snapshot.hasReply,
		exact:    true,
	})
}

// hasReply reports whether a client has the reply to everything that it sent.
func (s Snapshot) hasReply(c *Client) bool {
	if c.Waits() {
		return s.Served(c)
	}
	h := c.History()
	return h.Answered() && (!c.IsOver() || c.Framed || c.Stays || h.EndedByServer())
}

// hasWholeReply is hasReply, and no more of it can come.
func (s Snapshot) hasWholeReply(c *Client) bool { return s.hasReply(c) && !mayGoOn(c.History()) }

// mayGoOn reports whether only the end of the connection will tell where a reply ends.
func mayGoOn(h clients.History) bool { return h.UntilEnd && !h.Ended() }

// reply says what the clients are owed.
func reply(list []*Client) string {
	for _, c := range list {
		if c.Owed != "" {
			return c.Owed
		}
	}
	return "every byte that was sent comes back, in order, and nothing else"
}

// ReplyOver matches a snapshot in which no more of a reply is to come to a client: the
// connection has ended, or a process that holds it has read all and waits in a read on
// it. A process that pauses is not over.
func ReplyOver(c *Client) Matcher {
	return matcher{
		expected: "the reply to " + c.Name + " is over",
		sight:    Everything,
		holds: func(s Snapshot) bool {
			return c.History().Ended() || Taken(c).Holds(s) && !s.pauses() && slices.ContainsFunc(s.Holders(c), s.reads)
		},
		explain: func(s Snapshot) Finding {
			return Finding{Found: "it is not", Diagnosis: whyNot(s, c), Clients: []*Client{c}, Processes: concerned(s, c)}
		},
	}
}

// reads reports whether a process that holds a connection waits in a call on it, or on
// several at once.
func (s Snapshot) reads(h observe.Holding) bool {
	p, found := s.Picture.Find(h.Process)
	return found && p.Alive() && sleeps(p) && slices.ContainsFunc(p.Tasks, func(t observe.Task) bool {
		fd, one := t.Call.FD()
		return one && fd == h.FD || watchesSeveral(t.Call)
	})
}

// pauses reports whether a process that came with the clients waits for nothing but the
// clock.
func (s Snapshot) pauses() bool {
	return slices.ContainsFunc(s.Picture.Live(), func(p observe.Process) bool {
		return !s.IsIdle(p.ID) && slices.ContainsFunc(p.Tasks, func(t observe.Task) bool {
			return t.Call.Name == "nanosleep" || t.Call.Name == "clock_nanosleep"
		})
	})
}

// AnsweredAndEnded matches a snapshot in which each client got all it was owed and
// then an orderly end.
func AnsweredAndEnded(list ...*Client) Matcher {
	return each(list, condition{
		expected: "every byte that was sent comes back, and then the end of file",
		holds: func(_ Snapshot, c *Client) bool {
			h := c.History()
			return h.Answered() && h.End == clients.EOF
		},
		exact: true,
	})
}

// served returns what a client is that is served.
func served(list []*Client) string {
	if slices.ContainsFunc(list, func(c *Client) bool { return c.Waits() }) {
		return "held by a process that serves it"
	}
	return "answered"
}

// sightOf returns how much has to be looked at to tell whether clients are served.
func sightOf(list []*Client) Sight {
	if slices.ContainsFunc(list, func(c *Client) bool { return c.Waits() }) {
		return Everything
	}
	return Clients
}

// Served reports whether a client is served; see the matcher of that name.
func (s Snapshot) Served(c *Client) bool {
	if !c.Waits() {
		return c.answered()
	}
	h := c.History()
	if h.Ended() {
		return h.End == clients.EOF && h.Received > 0 // the server said what it had to say
	}
	streams := !c.Bounded && h.Queued == 0 && h.Received > greeting
	return slices.ContainsFunc(s.Holders(c), func(holding observe.Holding) bool {
		return s.serves(holding) || streams && !s.IsIdle(holding.Process)
	})
}

// greeting is how many bytes a server may send to a client that says nothing until it counts
// as one that streams: its process need not be seen asleep then.
const greeting = 1 << 10

// servedWhole reports whether a client is served and no more of a right answer is to come.
func (s Snapshot) servedWhole(c *Client) bool {
	h := c.History()
	return s.Served(c) && (c.Waits() || h.Answered() && !mayGoOn(h) || h.Wrong != nil || h.Ended())
}

// serves reports whether a process that holds a connection is at rest and waits for
// what comes on it. A process that came with the clients does when it sleeps. One that
// was there before may hold a copy that it has forgotten: it must sleep in a call on
// the connection itself, or watch several at once and leave none to a child.
func (s Snapshot) serves(h observe.Holding) bool {
	p, found := s.Picture.Find(h.Process)
	if !found || !p.Alive() || !sleeps(p) {
		return false
	}
	if !s.IsIdle(p.ID) {
		return true
	}
	return slices.ContainsFunc(p.Tasks, func(t observe.Task) bool {
		fd, one := t.Call.FD()
		return one && fd == h.FD || watchesSeveral(t.Call) && !s.hasServingChild(p)
	})
}

// sleeps reports whether every thread of a process sleeps. One that is stopped, or in a
// tracer's stop, does not.
func sleeps(p observe.Process) bool {
	return p.State != observe.Stopped && !slices.ContainsFunc(p.Tasks, func(t observe.Task) bool {
		return t.State == observe.Running || t.State == observe.TraceStop || t.State == observe.Stopped || t.Call.Running
	})
}

// watchesSeveral reports whether a thread sleeps in a call that waits for several
// descriptors at once.
func watchesSeveral(call observe.Call) bool {
	switch call.Name {
	case "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2", "io_uring_enter":
		return true
	}
	return false
}

// hasServingChild reports whether a child of a process serves some client.
func (s Snapshot) hasServingChild(parent observe.Process) bool {
	for _, id := range s.Children() {
		if p, found := s.Picture.Find(id); found && p.Parent == parent.ID.PID {
			return true
		}
	}
	return false
}

// Deferred returns a client whose connection is established and that the kernel hands
// to the server only when it sends something (TCP_DEFER_ACCEPT, tcp(7)); nil when there
// is none. Only clients that send nothing are looked at.
func (s Snapshot) Deferred() *Client {
	for _, c := range s.Clients {
		if !c.Waits() || !c.History().IsConnected() || arrived(s, c) || backlogFull(s) {
			continue
		}
		if socket, found := s.Connection(c); found && socket.Inode == 0 {
			return c
		}
	}
	return nil
}
