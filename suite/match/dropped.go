package match

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/observe"
)

// ServedOrDropped matches a snapshot in which each client was answered since it
// last spoke, or saw the end of its connection: none is left waiting.
func ServedOrDropped(list ...*Client) Matcher {
	return each(list, condition{
		expected: "the client is " + served(list) + ", or sees the end of its connection",
		sight:    sightOf(list),
		holds: func(s Snapshot, c *Client) bool {
			return s.servedWhole(c) || c.History().EndedByServer()
		},
		atRest: Snapshot.Served,
		found:  "is neither " + served(list) + " nor dropped",
	})
}

// ServedOrEnded matches a snapshot in which a client was answered since it last spoke,
// or has no connection any more: it saw the end, or was refused.
func ServedOrEnded(c *Client) Matcher {
	one := []*Client{c}
	return each(one, condition{
		expected: "the client is " + served(one) + ", or has no connection any more",
		sight:    sightOf(one),
		holds:    func(s Snapshot, c *Client) bool { return s.Served(c) || c.History().Ended() },
		found:    "waits still",
	})
}

// NotTaken matches a snapshot in which the client's connection waits in the
// accept queue, was dropped, or has no process left to take it.
func NotTaken(c *Client) Matcher {
	return matcher{
		expected: c.Name + "'s connection is not accepted",
		sight:    Descriptors,
		holds:    func(s Snapshot) bool { return !c.answered() && len(s.Holders(c)) == 0 },
		explain: func(s Snapshot) Finding {
			f := Finding{Found: "it is accepted", Clients: []*Client{c}}
			for _, h := range s.Holders(c) {
				p, _ := s.Picture.Find(h.Process)
				f.Found = fmt.Sprintf("%s accepted it (FD %d)", Role(s, p), h.FD)
			}
			return f
		},
	}
}

// connectionKinds are the kinds of descriptors of connections, and of what is left of them.
var connectionKinds = []observe.Kind{observe.ConnectedSocket, observe.TCPSocket}

// ConnectionsHeld returns how many connections, or what is left of them, the tree holds.
// Listening sockets do not count: a server may come to have more workers.
func ConnectionsHeld(p observe.Picture) int { return socketsOf(p, connectionKinds...) }

func socketsOf(p observe.Picture, kinds ...observe.Kind) int {
	seen := map[uint64]bool{}
	for _, q := range p.Live() {
		for _, d := range q.Descriptors {
			if slices.Contains(kinds, d.Kind) {
				seen[d.Inode] = true
			}
		}
	}
	return len(seen)
}

// NoMoreSockets matches a snapshot in which the tree holds no more connections, or
// what is left of them, than it did and than more.
func NoMoreSockets(before observe.Picture, more int) Matcher {
	return matcher{
		expected: "the server holds no more connections than before the fault",
		sight:    Descriptors,
		holds:    func(s Snapshot) bool { return ConnectionsHeld(s.Picture) <= ConnectionsHeld(before)+more },
		explain: func(s Snapshot) Finding {
			for _, kind := range connectionKinds {
				if now, then := socketsOf(s.Picture, kind), socketsOf(before, kind); now > then {
					return Finding{
						Found:     fmt.Sprintf("sockets of kind %q: %d now, %d before", kind, now, then),
						Diagnosis: "what was opened for the client that the fault hit was not closed",
						Processes: holdersOf(s, kind),
					}
				}
			}
			return Finding{Found: "no more than before"}
		},
	}
}

func holdersOf(s Snapshot, kind observe.Kind) []observe.ProcessID {
	var ids []observe.ProcessID
	for _, p := range s.Picture.Live() {
		if census(p)[kind] > 0 {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// Hit matches a snapshot in which a fault has hit enough calls, which a client
// brings about.
func Hit(hits func() int, enough int, c *Client) Matcher {
	return matcher{
		expected: fmt.Sprintf("%s makes the server call what the fault waits for", c.Name),
		sight:    Processes,
		holds:    func(Snapshot) bool { return hits() >= enough },
		explain: func(s Snapshot) Finding {
			return Finding{
				Found:     fmt.Sprintf("the call was not made, and %s is not served", c.Name),
				Diagnosis: whyNot(s, c), Clients: []*Client{c}, Processes: concerned(s, c),
			}
		},
	}
}
