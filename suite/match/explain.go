package match

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/forkproof/forkproof/observe"
)

// A condition is what each of some clients should show.
type condition struct {
	expected string
	sight    Sight // Clients, if it is not set otherwise
	holds    func(Snapshot, *Client) bool
	found    string // completes "client 2 …"; empty: what the client saw is told
	// exact says that a client which received a wrong byte, or one too many, can
	// never show it any more.
	exact bool
	// atRest is what it should show when nothing more is to come; nil: as holds.
	atRest func(Snapshot, *Client) bool
}

func each(list []*Client, k condition) Matcher {
	first := func(s Snapshot) *Client {
		if i := slices.IndexFunc(list, func(c *Client) bool { return k.exact && c.History().Wrong != nil }); i >= 0 {
			return list[i] // more of the others may be on its way
		}
		for _, c := range list {
			if !k.holds(s, c) {
				return c
			}
		}
		return nil
	}
	return matcher{
		expected: k.expected,
		sight:    k.sight,
		holds:    func(s Snapshot) bool { return first(s) == nil },
		atRest: func(s Snapshot) bool {
			return !slices.ContainsFunc(list, func(c *Client) bool {
				return !k.holds(s, c) && (k.atRest == nil || !k.atRest(s, c))
			})
		},
		hopeless: func(Snapshot) string {
			for _, c := range list {
				if k.exact && c.History().Wrong != nil {
					return "a byte that was sent cannot be taken back, so this is final"
				}
			}
			return ""
		},
		explain: func(s Snapshot) Finding {
			c := first(s)
			if c == nil {
				return Finding{Found: "all is as expected"}
			}
			f := Finding{
				Clients: list, Found: fmt.Sprintf("%s %s%s%s", c.Name, k.found, ending(c), part(c)),
				Diagnosis: whyNot(s, c), Processes: concerned(s, c),
			}
			if k.found == "" {
				f.Found = describe(c)
			}
			return f
		},
	}
}

// concerned are the processes that listen, and those that hold a client's
// connection.
func concerned(s Snapshot, c *Client) []observe.ProcessID {
	var ids []observe.ProcessID
	for _, p := range s.Listeners() {
		ids = appendNew(ids, p.ID)
	}
	for _, h := range s.Holders(c) {
		ids = appendNew(ids, h.Process)
	}
	return ids
}

// whyNot says what keeps a client from being served.
func whyNot(s Snapshot, c *Client) string {
	if socket, found := s.Connection(c); found && socket.Inode == 0 && queued(socket) {
		return join("its connection waits in the accept queue: no process has taken it", blocked(s, nil))
	}
	var ids []observe.ProcessID
	for _, h := range s.Holders(c) {
		ids = appendNew(ids, h.Process)
	}
	return join(whoHolds(s, c), blocked(s, ids))
}

// whoHolds says which processes keep a client's connection open, and under
// which descriptor numbers.
func whoHolds(s Snapshot, c *Client) string {
	var who []string
	for _, h := range s.Holders(c) {
		p, _ := s.Picture.Find(h.Process)
		who = append(who, fmt.Sprintf("%s (FD %d)", Role(s, p), h.FD))
	}
	if len(who) == 0 {
		return ""
	}
	clause := "its connection is held by " + strings.Join(who, ", ")
	socket, _ := s.Connection(c)
	switch {
	case socket.State == observe.CloseWait:
		clause += ": the client's FIN has arrived, and the client sees the end when the last of these is closed"
	case len(who) > 1:
		clause += ": it ends when the last of these is closed"
	}
	return clause
}

// ending says how the connection of a client that was not served ended; empty
// while it is open.
func ending(c *Client) string {
	h := c.History()
	var errno syscall.Errno
	switch {
	case !h.IsConnected() && errors.As(h.EndErr, &errno):
		return fmt.Sprintf(" (%v)", errno)
	case h.Ended():
		return fmt.Sprintf("; its connection: %v", h.End)
	}
	return ""
}

// queued says whether no process has ended a connection on the server's side yet.
func queued(k observe.Socket) bool {
	return k.State == observe.Established || k.State == observe.CloseWait
}

// describe says what a client saw.
func describe(c *Client) string {
	h := c.History()
	text := fmt.Sprintf("%s sent %d bytes and received %d; its connection: %v", c.Where(), h.Sent, h.Received, h.End)
	if h.Wrong != nil {
		text += fmt.Sprintf("; %v", h.Wrong)
	}
	return text + part(c)
}

// part tells what came of a reply that is not whole.
func part(c *Client) string {
	h := c.History()
	switch {
	case h.Wrong != nil || !h.IsConnected():
		return ""
	case h.Due != "" && len(h.Part) == 0:
		return fmt.Sprintf("; %s has not come", h.Due)
	case h.Due != "":
		return fmt.Sprintf("; %s is not whole: it began %q", h.Due, h.Part)
	case len(h.Part) == 0:
		return ""
	}
	return fmt.Sprintf("; the reply, which is not whole, began %q", h.Part)
}
