package match_test

import (
	"testing"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

func TestServedOrDropped(t *testing.T) {
	waiting := func(g *fixture) *match.Client {
		c := g.client()
		g.serverSide(c).Inode = 0
		g.says(c)
		return c
	}
	const inQueue = "its connection waits in the accept queue: no process has taken it; process 100 is blocked in accept(3)"
	check(t, []pair{{
		name:  "served",
		holds: func(g *fixture) match.Matcher { return match.ServedOrDropped(g.echoed()) },
		fails: func(g *fixture) match.Matcher { return match.ServedOrDropped(waiting(g)) },
		found: "client 1 is neither answered nor dropped", diagnosis: inQueue, processes: []int{100},
	}, {
		name: "dropped",
		holds: func(g *fixture) match.Matcher {
			c := g.client()
			g.says(c)
			g.ends(c, false)
			return match.ServedOrDropped(c)
		},
		fails: func(g *fixture) match.Matcher {
			c := g.client()
			g.says(c)
			g.holds(parentPID, 4, c)
			return match.ServedOrDropped(c)
		},
		found:     "client 1 is neither answered nor dropped",
		diagnosis: "its connection is held by process 100 (FD 4); process 100 is blocked in accept(3)",
		processes: []int{100},
	}, {
		name: "left by itself",
		holds: func(g *fixture) match.Matcher {
			c := waiting(g)
			c.Close()
			return match.ServedOrEnded(c)
		},
		fails: func(g *fixture) match.Matcher { return match.ServedOrEnded(waiting(g)) },
		found: "client 1 waits still", diagnosis: inQueue, processes: []int{100},
	}, {
		name: "or its child is dead",
		holds: func(g *fixture) match.Matcher {
			c := waiting(g)
			g.forks(parentPID, 101)
			g.dies(101)
			return match.Either(match.Dead(id(101)), match.ServedOrDropped(c))
		},
		fails: func(g *fixture) match.Matcher {
			c := waiting(g)
			g.forks(parentPID, 101)
			return match.Either(match.Dead(id(101)), match.ServedOrDropped(c))
		},
		found:     "client 1 is neither answered nor dropped",
		diagnosis: "its connection waits in the accept queue: no process has taken it; parent 100 is blocked in accept(3)",
		processes: []int{100},
	}})
}

func TestNotTaken(t *testing.T) {
	check(t, []pair{{
		name: "in the queue",
		holds: func(g *fixture) match.Matcher {
			c := g.client()
			g.serverSide(c).Inode = 0
			return match.NotTaken(c)
		},
		fails: func(g *fixture) match.Matcher {
			c := g.client()
			g.serves(101, c)
			return match.NotTaken(c)
		},
		found: "child 101 accepted it (FD 4)",
	}})
}

func TestNoMoreSockets(t *testing.T) {
	check(t, []pair{{
		name: "a connection that no process serves",
		holds: func(g *fixture) match.Matcher {
			before := g.snapshot.Picture
			g.forks(parentPID, 101)
			g.keepsListener(101)
			return match.NoMoreSockets(before, 0)
		},
		fails: func(g *fixture) match.Matcher {
			before := observe.Picture{Processes: []observe.Process{*g.process(parentPID)}}
			g.holds(parentPID, 4, g.client())
			return match.NoMoreSockets(before, 0)
		},
		found:     "sockets of kind \"connected socket\": 1 now, 0 before",
		diagnosis: "what was opened for the client that the fault hit was not closed",
		processes: []int{100},
	}})
}

func TestHit(t *testing.T) {
	once := func() int { return 1 }
	check(t, []pair{{
		name:  "once",
		holds: func(g *fixture) match.Matcher { return match.Hit(once, 1, g.client()) },
		fails: func(g *fixture) match.Matcher {
			c := g.client()
			g.serverSide(c).Inode = 0
			return match.Hit(once, 2, c)
		},
		found:     "the call was not made, and client 1 is not served",
		diagnosis: "its connection waits in the accept queue: no process has taken it; process 100 is blocked in accept(3)",
		processes: []int{100},
	}})
}
