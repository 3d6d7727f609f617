package harness

import (
	"strconv"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// fingerprint sums up what counts as progress: processes, their descriptors,
// connections and what the clients saw; not counters and times.
func fingerprint(snapshot match.Snapshot) string {
	var s sum
	for _, p := range snapshot.Picture.Processes {
		s.process(p)
		s.number(len(p.Descriptors))
	}
	return string(s) + exchanges(snapshot)
}

// A sum is text that is the same for the same numbers. A check writes thousands of
// them and only compares them.
type sum []byte

func (s *sum) number(n int) { *s = append(strconv.AppendInt(*s, int64(n), 36), ' ') }

func (s *sum) process(p observe.Process) {
	s.number(p.ID.PID)
	s.number(int(p.ID.Start))
	*s = strconv.AppendBool(*s, p.Alive())
}

func (s *sum) socket(k observe.Socket) {
	*s = append(k.Peer.AppendTo(append(k.Local.AppendTo(*s), ' ')), ' ')
	for _, n := range []int{int(k.State), int(k.RecvQueue), int(k.SendQueue), int(k.Inode)} {
		s.number(n)
	}
}

// exchanges sums up what the server and its clients sent to each other.
func exchanges(snapshot match.Snapshot) string {
	var s sum
	for _, k := range snapshot.Picture.Sockets {
		s.socket(k)
	}
	for _, c := range snapshot.Clients {
		h := c.History()
		s.number(int(h.Sent))
		s.number(int(h.Received))
		s.number(int(h.End))
	}
	return string(s)
}

// steps are progress that comes to an end some time: the exchanges of the server
// and its clients change, or a process ends that was there when they last did.
// Processes that come and go, and files that are opened and closed, are none: that
// can go on for ever.
type steps struct {
	exchanges string
	there     map[observe.ProcessID]bool // the processes when the exchanges last changed
	left      string                     // what is left of them
}

// made takes in a snapshot and says whether a step was made since the last one.
func (t *steps) made(now match.Snapshot) bool {
	before := *t
	if t.exchanges = exchanges(now); t.there == nil || t.exchanges != before.exchanges {
		t.there = map[observe.ProcessID]bool{}
		for _, p := range now.Picture.Processes {
			t.there[p.ID] = true
		}
	}
	t.left = t.leftIn(now.Picture)
	return t.exchanges != before.exchanges || t.left != before.left
}

// leftIn sums up what a picture shows of the processes that were there.
func (t *steps) leftIn(now observe.Picture) string {
	var s sum
	for _, p := range now.Processes {
		if t.there[p.ID] {
			s.process(p)
		}
	}
	return string(s)
}
