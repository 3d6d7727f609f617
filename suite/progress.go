package suite

import (
	"fmt"
	"strings"
	"time"

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
	at       time.Time                  // when headway was last made
	starved  time.Duration              // how long the machine has kept the server waiting since
}

// missing takes in the next scene, before which the machine kept the server
// waiting for some time, and says for how much of its own time the server has
// made no headway.
func (h *headway) missing(now match.Scene, starved time.Duration) time.Duration {
	dealings := dealings(now)
	if h.there == nil || dealings != h.dealings {
		h.there = map[observe.ProcessID]bool{}
		for _, p := range now.Picture.Processes {
			h.there[p.ID] = true
		}
	}
	left := h.leftIn(now.Picture)
	if dealings != h.dealings || left != h.left {
		h.dealings, h.left, h.at, h.starved = dealings, left, now.Picture.At, 0
		return 0
	}
	h.starved += starved
	return now.Picture.At.Sub(h.at) - h.starved
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
