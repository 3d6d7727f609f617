package model

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// Seen is what a verdict is made from.
type Seen struct {
	// Snapshot shows the sleeping server with all its clients, none of which has sent
	// anything or left, and what it was before the first of them.
	match.Snapshot
	// Executed are the processes that have executed a program since they were forked
	// from the process that listens.
	Executed map[observe.ProcessID]bool
	// Watched are the descriptors in the interest list of an epoll instance, by the
	// process and its descriptor; an instance that could not be read has none.
	Watched map[match.Mark][]int
	// Restless says that the server did not sleep.
	Restless bool
}

// crowd sorts the clients by what became of their connections.
type crowd struct {
	held    []*match.Client // a process holds the connection
	waiting []*match.Client // it is complete, and no process has taken it
	ended   []*match.Client // the server has ended it
}

func (s Seen) crowd() (c crowd) {
	for _, one := range s.Clients {
		switch h := one.History(); {
		case h.Ended():
			c.ended = append(c.ended, one)
		case !h.IsConnected():
		case s.Accepted(one):
			c.held = append(c.held, one)
		default:
			c.waiting = append(c.waiting, one)
		}
	}
	return c
}

// server returns the process that serves a client though it was there before: of those
// that hold its connection the one that sleeps in a call on it, else one that does not
// wait for a child or a new client, else the last.
func (s Seen) server(c *match.Client) (observe.Holding, observe.Process) {
	holders := s.Holders(c)
	var best observe.Holding
	var process observe.Process
	rank := -1
	for _, h := range holders {
		p, found := s.Picture.Find(h.Process)
		if !found {
			continue
		}
		r := 0
		switch {
		case len(onDescriptor(p, h.FD)) > 0:
			r = 2
		case !slices.ContainsFunc(p.Tasks, func(t observe.Task) bool {
			return t.Call.Accepts() || t.Call.Name == "wait4" || t.Call.Name == "waitid"
		}):
			r = 1
		}
		if r >= rank {
			best, process, rank = h, p, r
		}
	}
	return best, process
}

// onDescriptor returns the threads of a process that sleep in a call on a descriptor.
func onDescriptor(p observe.Process, fd int) (list []observe.Task) {
	for _, t := range p.Tasks {
		if on, one := t.Call.FD(); one && on == fd {
			list = append(list, t)
		}
	}
	return list
}

// came says whether a thread was not there before the first client.
func (s Seen) came(p observe.Process, t observe.Task) bool {
	before, found := s.Idle.Find(p.ID)
	if !found {
		return true
	}
	_, there := before.Task(t.TID)
	return !there
}

// queues returns how many sockets listen on the port of the server.
func (s Seen) queues() int {
	var inodes []uint32
	for _, h := range s.Picture.Listening() {
		if h.Socket.Local == s.Address && !slices.Contains(inodes, h.Socket.Inode) {
			inodes = append(inodes, h.Socket.Inode)
		}
	}
	return len(inodes)
}

// count words a number of things: "1 thread", "3 threads".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
