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
	return string(s) + dealings(snapshot)
}

// A sum is text that is the same for the same numbers. It is written thousands
// of times in a check, and read by nobody.
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

// dealings sums up what the server and its clients have to do with each other.
func dealings(snapshot match.Snapshot) string {
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

// Headway is progress of which there is only so much: the dealings of the
// server and its clients change, or a process ends that was there when they
// last did. Processes that come, and go again, and files that are opened and
// closed are none: that can go on for ever.
type headway struct {
	dealings string
	there    map[observe.ProcessID]bool // the processes when the dealings last changed
	left     string                     // what is left of them
}

// made takes in a snapshot and says whether headway was made since the last one.
func (h *headway) made(now match.Snapshot) bool {
	before := *h
	if h.dealings = dealings(now); h.there == nil || h.dealings != before.dealings {
		h.there = map[observe.ProcessID]bool{}
		for _, p := range now.Picture.Processes {
			h.there[p.ID] = true
		}
	}
	h.left = h.leftIn(now.Picture)
	return h.dealings != before.dealings || h.left != before.left
}

// leftIn sums up what a picture shows of the processes that were there.
func (h *headway) leftIn(now observe.Picture) string {
	var s sum
	for _, p := range now.Processes {
		if h.there[p.ID] {
			s.process(p)
		}
	}
	return string(s)
}
