package model

import (
	"slices"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// distinct returns the processes that serve clients though they were there before.
func (s Seen) distinct(workers []*match.Client) (ids []observe.ProcessID) {
	for _, one := range workers {
		if h, _ := s.server(one); !slices.Contains(ids, h.Process) {
			ids = append(ids, h.Process)
		}
	}
	return ids
}

// prefork is the verdict on a server whose clients are served by several processes that
// were there before them, or that have joined these. Workers are the clients that are
// served by such as were there before.
func (s Seen) prefork(c crowd, workers []*match.Client) Verdict {
	v := Verdict{Model: Prefork, Sure: true}
	ids := s.distinct(workers)
	served := map[observe.ProcessID]int{}
	for _, one := range workers {
		h, _ := s.server(one)
		served[h.Process]++
	}
	for _, id := range ids {
		if served[id] < 2 {
			continue
		}
		v.Model = Hybrid
		p, _ := s.Picture.Find(id)
		v.add("%s served by %s that were there before, %d of them by process %d with %s", was(len(c.held)), processes(len(ids)), served[id], id.PID, count(len(p.Tasks), "thread"))
		return v
	}
	v.add("%s served by a process each, %d of which were there before the first client", was(len(c.held)), len(ids))
	switch joined := len(c.held) - len(ids); {
	case s.queues() > 1:
		v.add("%d sockets listen on the port (SO_REUSEPORT): which clients wait for each other is chance", s.queues())
	case len(c.waiting) > 0:
		v.Pool = len(c.held)
	case joined == 0:
		v.Pool = max(len(c.held), s.likeProcesses(ids))
		v.add("%s were there before that wait as these did", processes(v.Pool))
	}
	return v
}

func processes(n int) string {
	if n == 1 {
		return "1 process"
	}
	return count(n, "processe")
}

// likeProcesses returns how many processes slept, before the first client, in the same
// call on the same descriptor as those that serve now.
func (s Seen) likeProcesses(serving []observe.ProcessID) int {
	n := 0
	for _, p := range s.Idle.Live() {
		if slices.ContainsFunc(serving, func(id observe.ProcessID) bool {
			q, found := s.Idle.Find(id)
			return found && len(q.Tasks) > 0 && len(p.Tasks) > 0 && p.Parent == q.Parent && sameCall(p.Tasks[0], q.Tasks[0])
		}) {
			n++
		}
	}
	return n
}

// sameCall says whether two threads sleep in the same call on the same thing.
func sameCall(a, b observe.Task) bool {
	return a.Call.Name == b.Call.Name && a.Call.Args[0] == b.Call.Args[0]
}

// single is the verdict on a server whose clients are all served by one process that was
// there before them.
func (s Seen) single(c crowd, held []*match.Client) Verdict {
	_, p := s.server(held[0])
	serving, came := s.threads(p, held)
	switch {
	case len(held) == 1 && len(c.waiting) > 0:
		return s.oneAtATime(p, serving, came)
	case came > 0 && (came < len(held) || len(c.waiting) > 0):
		v := Verdict{Model: ThreadPool, Pool: came, Sure: true}
		v.add("process %d holds %s; %s sleep in calls on them, which came with the first clients: no more do", p.ID.PID, connections(len(held)), count(came, "thread"))
		return v
	case came > 0:
		v := Verdict{Model: Threads, Sure: len(held) > 1}
		v.add("process %d holds %s, and as many of its %d threads came with them", p.ID.PID, connections(len(held)), len(p.Tasks))
		return v.onlyOne()
	case len(serving) > 1:
		v := Verdict{Model: ThreadPool, Pool: len(serving), Sure: true}
		if len(serving) == len(held) && len(c.waiting) == 0 {
			v.Pool = max(v.Pool, s.likeThreads(p, serving))
		}
		v.add("process %d holds %s; %d of its threads sleep in calls on them, which were there before the first client", p.ID.PID, connections(len(held)), len(serving))
		return v
	}
	return s.loop(p, held)
}

func connections(n int) string { return count(n, "connection") }

// onlyOne notes that one client does not tell a thread for each from a single other one.
func (v Verdict) onlyOne() Verdict {
	if !v.Sure {
		v.Surer = "only one client could be connected"
	}
	return v
}

// threads returns the threads of a process that serve connections one each, and how many
// of them came with the clients. A new thread that sleeps in poll or select serves one,
// too: its descriptor cannot be seen.
func (s Seen) threads(p observe.Process, held []*match.Client) (serving []observe.Task, came int) {
	for _, t := range p.Tasks {
		on := slices.ContainsFunc(held, func(one *match.Client) bool {
			return slices.ContainsFunc(s.Holders(one), func(h observe.Holding) bool {
				fd, is := t.Call.FD()
				return h.Process == p.ID && is && fd == h.FD
			})
		})
		fresh := s.came(p, t)
		if name := multiplexes(t); on || fresh && (name == Poll || name == Select) {
			serving = append(serving, t)
			if fresh {
				came++
			}
		}
	}
	return serving, came
}

// likeThreads returns how many threads of a process slept, before the first client, in
// the same call as those that serve now.
func (s Seen) likeThreads(p observe.Process, serving []observe.Task) int {
	before, _ := s.Idle.Find(p.ID)
	n := 0
	for _, t := range before.Tasks {
		if slices.ContainsFunc(serving, func(now observe.Task) bool {
			was, found := before.Task(now.TID)
			return found && sameCall(t, was)
		}) {
			n++
		}
	}
	return n
}

// oneAtATime is the verdict when one client is held and others wait.
func (s Seen) oneAtATime(p observe.Process, serving []observe.Task, came int) Verdict {
	v := Verdict{Model: Iterative, Sure: true}
	switch {
	case came > 0:
		v.add("process %d serves one client in a thread that came with it, and takes no other meanwhile", p.ID.PID)
	case len(serving) == 1:
		v.add("process %d, which listens, is blocked in %v on one client's connection", p.ID.PID, serving[0].Call)
	default:
		v.add("process %d holds one client's connection, and takes no other meanwhile", p.ID.PID)
	}
	return v
}

// loop is the verdict on a process in which no thread belongs to one connection.
func (s Seen) loop(p observe.Process, held []*match.Client) Verdict {
	names := map[string]int{}
	for _, t := range p.Tasks {
		if name := multiplexes(t); name != "" && s.mayWatch(p, t, held) {
			names[name]++
		}
	}
	v := Verdict{Model: Hybrid, Sure: len(held) > 1}
	for _, name := range []string{Epoll, Poll, Select} {
		switch n := names[name]; {
		case n > 1 && len(p.Tasks) > 1:
			v.add("process %d holds %s, and %d of its threads sleep in %s, each with connections of its own", p.ID.PID, connections(len(held)), n, name)
			return v.onlyOne()
		case n == 1:
			v.Model = name
			v.add("process %d holds %s, and one thread waits for all of them in %s", p.ID.PID, connections(len(held)), name)
			if len(p.Tasks) > 1 {
				v.add("its other %d threads belong to no connection", len(p.Tasks)-1)
			}
			return v.onlyOne()
		}
	}
	v.Sure, v.Surer = false, "none of its threads sleeps in a call that tells what it waits for"
	v.add("process %d with %s holds %s", p.ID.PID, count(len(p.Tasks), "thread"), connections(len(held)))
	return v
}

// mayWatch says whether the call for several descriptors that a thread sleeps in may wait
// for one of the connections. Only what epoll waits for can be seen.
func (s Seen) mayWatch(p observe.Process, t observe.Task, held []*match.Client) bool {
	fd, one := t.Call.FD()
	watched, known := s.Watched[match.Mark{Process: p.ID, FD: fd}]
	if !one || !known {
		return true
	}
	return slices.ContainsFunc(held, func(c *match.Client) bool {
		return slices.ContainsFunc(s.Holders(c), func(h observe.Holding) bool {
			return h.Process == p.ID && slices.Contains(watched, h.FD)
		})
	})
}

// multiplexes returns which call for several descriptors a thread sleeps in; "" when none.
func multiplexes(t observe.Task) string {
	switch t.Call.Name {
	case "poll", "ppoll":
		return Poll
	case "select", "pselect6":
		return Select
	case "epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_wait_old":
		return Epoll
	}
	return ""
}
