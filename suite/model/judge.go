package model

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// Judge tells which model a server has.
func Judge(s Seen) Verdict {
	c := s.crowd()
	v := s.judge(&c)
	if n := s.queues(); n > 1 {
		v.Queues = n
	}
	if len(c.waiting) > 0 && len(c.held) > 0 {
		v.add("%s served at once; %d more wait, and every process sleeps", was(len(c.held)), len(c.waiting))
	}
	ownEach := v.Model == Forking || v.Model == DoubleFork || v.Model == Exec
	if v.Sure && s.Restless && (!ownEach || len(c.waiting) > 0) {
		v.Sure, v.Surer = false, "the server's processes went on running; classify it again when the machine is idle"
	}
	return v
}

func (v *Verdict) add(format string, args ...any) {
	v.Evidence = append(v.Evidence, fmt.Sprintf(format, args...))
}

// was words how many clients something was done to: "1 client is".
func was(n int) string {
	if n == 1 {
		return "1 client is"
	}
	return fmt.Sprintf("%d clients are", n)
}

func (s Seen) judge(c *crowd) Verdict {
	if len(c.held) == 0 {
		return s.unheld(*c)
	}
	children, workers := s.divide(c.held)
	if kept := s.kept(children, workers); len(kept) > 0 {
		workers = without(workers, kept)
		c.held, c.waiting = without(c.held, kept), append(c.waiting, kept...)
	}
	switch {
	case len(workers) == 0 && s.joins(children):
		return s.prefork(*c, nil)
	case len(workers) == 0:
		return s.forking(*c, children)
	case len(children) > 0 && !s.joins(children):
		v := Verdict{Model: Hybrid, Sure: true}
		v.add("%s served by processes that were there before, and %d by processes that came with them", was(len(workers)), len(children))
		return v
	}
	if several := s.distinct(workers); len(several) > 1 || len(children) > 0 || s.queues() > 1 {
		return s.prefork(*c, workers)
	}
	return s.single(*c, workers)
}

// divide sorts clients by whether a process of their own came with them.
func (s Seen) divide(held []*match.Client) (children map[*match.Client]observe.ProcessID, workers []*match.Client) {
	children = map[*match.Client]observe.ProcessID{}
	own := s.Children()
	for _, one := range held {
		if id, found := own[one]; found {
			children[one] = id
		} else {
			workers = append(workers, one)
		}
	}
	return children, workers
}

// kept returns the clients whose connections the parent of children has accepted, and for
// which it makes no further child: it serves none of them, and they wait.
func (s Seen) kept(children map[*match.Client]observe.ProcessID, workers []*match.Client) (list []*match.Client) {
	for _, one := range workers {
		h, p := s.server(one)
		watches := slices.ContainsFunc(p.Tasks, func(t observe.Task) bool { return multiplexes(t) != "" })
		if !watches && len(onDescriptor(p, h.FD)) == 0 && s.isParent(p, children) {
			list = append(list, one)
		}
	}
	return list
}

// isParent says whether a process is the parent of one that came with a client.
func (s Seen) isParent(p observe.Process, children map[*match.Client]observe.ProcessID) bool {
	for _, id := range children {
		if child, found := s.Picture.Find(id); found && child.Parent == p.ID.PID {
			return true
		}
	}
	return false
}

func without(list, some []*match.Client) []*match.Client {
	return slices.DeleteFunc(slices.Clone(list), func(c *match.Client) bool { return slices.Contains(some, c) })
}

// joins says whether processes that came with clients are further workers of a pool:
// others of the same parent wait for clients themselves, as they did before the first.
func (s Seen) joins(children map[*match.Client]observe.ProcessID) bool {
	for _, id := range children {
		p, _ := s.Picture.Find(id)
		if slices.ContainsFunc(s.Idle.Live(), func(q observe.Process) bool { return q.Parent == p.Parent && p.Parent != s.Init && waits(q) }) {
			return true
		}
	}
	return false
}

// waits says whether a process is about to take the next client: it sleeps in accept, or
// watches several descriptors of which one is a listening socket.
func waits(p observe.Process) bool {
	for _, t := range p.Tasks {
		if t.Call.Accepts() {
			return true
		}
		if multiplexes(t) != "" && slices.ContainsFunc(p.Descriptors, func(d observe.Descriptor) bool { return d.Kind == observe.ListeningSocket }) {
			return true
		}
	}
	return false
}

// forking is the verdict on a server that makes a process for each client.
func (s Seen) forking(c crowd, children map[*match.Client]observe.ProcessID) Verdict {
	v := Verdict{Model: Forking, Sure: true}
	adopted, executed := 0, 0
	for _, id := range children {
		p, _ := s.Picture.Find(id)
		if s.Executed[id] {
			executed++
		}
		if p.Parent == s.Init {
			adopted++
		}
	}
	v.add("%d of %d connections are held by processes of their own, which came with them", len(children), len(c.held))
	switch {
	case executed == len(children):
		v.Model = Exec
		v.add("each has executed a program since the fork")
	case adopted == len(children):
		v.Model = DoubleFork
		v.add("each was adopted by init: the process that forked it has ended")
	}
	if p, kept := s.parentKeeps(c.held); kept {
		v.add("process %d, which was there before, holds copies of these connections", p.ID.PID)
	}
	if len(children) == 1 && len(c.waiting) == 0 {
		v.Sure, v.Surer = false, "only one client could be connected"
	}
	return v
}

// parentKeeps returns a process that was there before and holds one of the connections.
func (s Seen) parentKeeps(held []*match.Client) (observe.Process, bool) {
	for _, one := range held {
		for _, h := range s.Holders(one) {
			if p, found := s.Picture.Find(h.Process); found && s.IsIdle(p.ID) {
				return p, true
			}
		}
	}
	return observe.Process{}, false
}

// unheld is the verdict when no connection is held: the server ends each, or takes none.
func (s Seen) unheld(c crowd) Verdict {
	v := Verdict{Model: Iterative}
	switch {
	case len(c.ended) > 0:
		v.add("the server ends its connections by itself: none of %d stays open", len(c.ended))
		v.Surer = "what its clients must say for it to hold a connection is not known"
	case s.Deferred() != nil:
		v.add("the server waits for the first bytes of its clients (TCP_DEFER_ACCEPT)")
		v.Surer = "a client would have to speak"
	default:
		v.add("no process has taken a connection")
		v.Surer = "the server has to accept its clients"
	}
	return v
}
