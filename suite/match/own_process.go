package match

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/observe"
)

// OwnProcesses matches a snapshot in which each of the clients is served by a
// process of its own: there is a choice of one holder per connection that
// names no process twice.
func OwnProcesses(clients ...*Client) Matcher {
	return matcher{
		expected: "each connection is held by a process that serves no other",
		sight:    Descriptors,
		holds: func(s Snapshot) bool {
			return assign(s, clients) == len(clients)
		},
		explain: func(s Snapshot) Finding {
			f := Finding{Clients: clients}
			for _, c := range clients {
				if !s.Accepted(c) {
					f.Found = fmt.Sprintf("%s is connected, but no process has accepted its connection", c.Name)
					f.Diagnosis = blocked(s, nil)
					return f
				}
			}
			p, _ := s.Picture.Find(s.Holders(clients[0])[0].Process)
			f.Found = fmt.Sprintf("%d connections are served by %s alone", len(clients), threadsOf(s, p))
			f.Diagnosis = design(p)
			return f
		},
	}
}

// NewChild matches a snapshot in which a client is served by a process that came after
// the first client, and that is none of the others.
func NewChild(c *Client, others ...observe.ProcessID) Matcher {
	return matcher{
		expected: c.Name + " is served by a process of its own",
		sight:    Descriptors,
		holds: func(s Snapshot) bool {
			child, found := s.Child(c)
			return found && !slices.Contains(others, child)
		},
		explain: func(s Snapshot) Finding {
			return Finding{Found: "it is not", Diagnosis: whyNot(s, c), Clients: []*Client{c}, Processes: concerned(s, c)}
		},
	}
}

// assign returns how many of the clients can have a process each, no process
// twice: a matching in the graph of clients and holders, grown along
// augmenting paths (Kuhn's algorithm).
func assign(s Snapshot, clients []*Client) int {
	holders := make([][]observe.ProcessID, len(clients))
	for i, c := range clients {
		for _, h := range s.Holders(c) {
			holders[i] = appendNew(holders[i], h.Process)
		}
	}
	given := map[observe.ProcessID]int{}
	var find func(client int, tried []observe.ProcessID) bool
	find = func(client int, tried []observe.ProcessID) bool {
		for _, id := range holders[client] {
			if slices.Contains(tried, id) {
				continue
			}
			tried = append(tried, id)
			other, taken := given[id]
			if !taken || find(other, tried) {
				given[id] = client
				return true
			}
		}
		return false
	}
	matched := 0
	for i := range clients {
		if find(i, nil) {
			matched++
		}
	}
	return matched
}

func threadsOf(s Snapshot, p observe.Process) string {
	if len(p.Tasks) > 1 {
		return fmt.Sprintf("%s with %d threads", Role(s, p), len(p.Tasks))
	}
	return Role(s, p)
}

// design guesses what kind of server a single process is.
func design(p observe.Process) string {
	if len(p.Tasks) > 1 {
		return "this is a threaded server: judge it with --model threads"
	}
	for _, t := range p.Tasks {
		switch t.Call.Name {
		case "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2":
			return "this is a server of one process that multiplexes its clients with " + t.Call.Name +
				": judge it with --model event"
		}
	}
	return "one process serves all clients"
}
