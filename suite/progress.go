package suite

import (
	"fmt"
	"strings"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// fingerprint sums up what counts as progress: processes, their descriptors,
// connections and what the clients saw; not counters and times.
func fingerprint(scene match.Scene) string {
	var b strings.Builder
	for _, p := range scene.Picture.Processes {
		fmt.Fprintf(&b, "p%d.%d%t%d ", p.ID.PID, p.ID.Start, p.Alive(), len(p.Descriptors))
	}
	return b.String() + dealings(scene)
}

// dealings sums up what the server and its clients have to do with each other.
func dealings(scene match.Scene) string {
	var b strings.Builder
	for _, k := range scene.Picture.Sockets {
		fmt.Fprintf(&b, "s%v%v%d.%d.%d.%d ", k.Local, k.Peer, k.State, k.RecvQueue, k.SendQueue, k.Inode)
	}
	for _, c := range scene.Clients {
		h := c.History()
		fmt.Fprintf(&b, "c%d.%d.%v ", h.Sent, h.Received, h.End)
	}
	return b.String()
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

// made takes in a scene and says whether headway was made since the last one.
func (h *headway) made(now match.Scene) bool {
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
	var b strings.Builder
	for _, p := range now.Processes {
		if h.there[p.ID] {
			fmt.Fprintf(&b, "%d.%d%t ", p.ID.PID, p.ID.Start, p.Alive())
		}
	}
	return b.String()
}
