// Package progress says what of a server and its clients counts as progress, so that a
// wait for them goes on.
package progress

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// Fingerprint sums up what counts as progress: processes, their descriptors,
// connections and what the clients saw; not counters and times.
func Fingerprint(snapshot match.Snapshot) string {
	var s sum
	s.processes(snapshot)
	return string(s) + exchanges(snapshot, isWrong)
}

// A sum is text that is the same for the same numbers. A check writes thousands of
// them and only compares them.
type sum []byte

func (s *sum) number(n int) { *s = append(strconv.AppendInt(*s, int64(n), 36), ' ') }

func (s *sum) processes(snapshot match.Snapshot) {
	for _, p := range snapshot.Picture.Processes {
		s.process(p)
		s.number(len(p.Descriptors))
	}
}

func (s *sum) process(p observe.Process) {
	s.number(p.ID.PID)
	s.number(int(p.ID.Start))
	*s = strconv.AppendBool(*s, p.Alive())
}

func (s *sum) socket(k observe.Socket) {
	*s = append(k.Peer.AppendTo(append(k.Local.AppendTo(*s), ' ')), ' ')
	s.number(int(k.State))
	s.number(int(k.Inode))
}

// exchanges sums up what the server and its clients sent to each other, but for the bytes
// that clients receive which are left out.
func exchanges(snapshot match.Snapshot, leftOut func(*match.Client) bool) string {
	var s sum
	without := map[netip.AddrPort]bool{}
	for _, c := range snapshot.Clients {
		h := c.History()
		s.number(int(h.Sent))
		s.number(int(h.End))
		if leftOut(c) {
			without[h.Local] = true
			continue
		}
		s.number(int(h.Received))
	}
	for _, k := range snapshot.Picture.Sockets {
		s.socket(k)
		if !without[k.Local] && !without[k.Peer] {
			s.number(int(k.RecvQueue))
			s.number(int(k.SendQueue))
		}
	}
	return string(s)
}

// isWrong: once a client has received what is wrong, further bytes are no exchange. A server
// that sends what no client asked for may do so for ever.
func isWrong(c *match.Client) bool { return c.History().Wrong != nil }

// isUnasked: a client that says nothing may be sent something, but not for ever.
func isUnasked(c *match.Client) bool { return isWrong(c) || saysNothing(c) }

func saysNothing(c *match.Client) bool { return !c.Bounded && c.History().Queued == 0 }

// Steps are progress that comes to an end some time: the exchanges of the server
// and its clients change, or a process ends that was there when they last did.
// Processes that come and go, files that are opened and closed, and what is sent to clients
// that say nothing, are none: that can go on for ever.
type Steps struct {
	// Unasked says that since the last step clients which say nothing have received bytes, and
	// nothing else has changed.
	Unasked bool

	received  int64 // by those clients until the last step
	processes sum   // at the last step
	exchanges string
	there     map[observe.ProcessID]bool // the processes when the exchanges last changed
	left      string                     // what is left of them
}

// Made takes in a snapshot and says whether a step was made since the last one.
func (t *Steps) Made(now match.Snapshot) bool {
	before := *t
	if t.exchanges = exchanges(now, isUnasked); t.there == nil || t.exchanges != before.exchanges {
		t.there = map[observe.ProcessID]bool{}
		for _, p := range now.Picture.Processes {
			t.there[p.ID] = true
		}
	}
	t.left = t.leftIn(now.Picture)
	made := t.exchanges != before.exchanges || t.left != before.left
	var processes sum
	processes.processes(now)
	received := unasked(now)
	if made {
		t.received, t.processes = received, processes
	}
	t.Unasked = received > t.received && bytes.Equal(processes, t.processes)
	return made
}

// unasked counts the bytes that clients have received which say nothing, and were sent
// nothing that is known to be wrong.
func unasked(now match.Snapshot) (n int64) {
	for _, c := range now.Clients {
		if saysNothing(c) && !isWrong(c) {
			n += c.History().Received
		}
	}
	return n
}

// leftIn sums up what a picture shows of the processes that were there.
func (t *Steps) leftIn(now observe.Picture) string {
	var s sum
	for _, p := range now.Processes {
		if t.there[p.ID] {
			s.process(p)
		}
	}
	return string(s)
}

// A Trickle notices a server that is too slow to be judged: it sends a reply in pieces,
// and less than a byte a second of it.
type Trickle struct {
	from     time.Duration // how long the wait had taken when received was taken
	received map[*match.Client]int64
}

// Slow takes in a snapshot of a wait that has taken given. After twice the grace it says
// which reply is not complete although bytes of it went on coming, as a sentence.
func (t *Trickle) Slow(now match.Snapshot, given, grace time.Duration) string {
	if given < grace {
		return ""
	}
	if t.received == nil {
		t.from, t.received = given, map[*match.Client]int64{}
		for _, c := range now.Clients {
			t.received[c] = c.History().Received
		}
	}
	took := given - t.from
	if took < grace {
		return ""
	}
	for _, c := range now.Clients {
		h := c.History()
		got := h.Received - t.received[c]
		if got > 0 && got < int64(took/time.Second) && h.Received < h.Sent && h.Wrong == nil && !h.Ended() {
			return fmt.Sprintf("the server is too slow to be judged: %s received %d of the bytes of a reply in %v, and waits for %d more",
				c.Name, got, took.Round(time.Second), h.Sent-h.Received)
		}
	}
	return ""
}
