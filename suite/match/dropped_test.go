package match_test

import (
	"testing"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// waiting is a client that its child does not answer.
func (g *stage) waiting() *match.Client {
	c := g.client()
	g.serves(101, c)
	g.sleepsIn(101, "flock", 5)
	g.says(c, "hello")
	return c
}

const heldBack = "its connection is held by child 101 (FD 4); child 101 is blocked in flock(5)"

func TestServedOrDropped(t *testing.T) {
	dropped := func(g *stage) match.Matcher {
		c := g.client()
		g.says(c, "hello")
		g.ends(c, false)
		return match.ServedOrDropped(c)
	}
	fails := func(g *stage) match.Matcher { return match.ServedOrDropped(g.waiting()) }
	want := pair{fails: fails, found: "client 1 is neither answered nor dropped", diagnosis: heldBack, processes: []int{100, 101}}
	answered, refused := want, want
	answered.name, answered.holds = "answered", func(g *stage) match.Matcher { return match.ServedOrDropped(g.echoed()) }
	refused.name, refused.holds = "dropped", dropped
	check(t, []pair{answered, refused})
}

func TestNotTaken(t *testing.T) {
	check(t, []pair{{
		name: "accepted",
		holds: func(g *stage) match.Matcher {
			c := g.client()
			g.serverSide(c).Inode = 0
			return match.NotTaken(c)
		},
		fails: func(g *stage) match.Matcher { return match.NotTaken(g.waiting()) },
		found: "child 101 accepted it (FD 4)",
	}})
}

func TestNoMoreSockets(t *testing.T) {
	with := func(sockets int) func(*stage) match.Matcher {
		return func(g *stage) match.Matcher {
			before := observe.Picture{Processes: append([]observe.Process(nil), g.scene.Picture.Processes...)}
			c := g.client()
			for fd := range sockets {
				g.holds(parentPID, 10+fd, c)
			}
			return match.NoMoreSockets(before)
		}
	}
	check(t, []pair{{
		name: "kept", holds: with(0), fails: with(1),
		found:     "descriptors of kind \"connected socket\": 1 now, 0 before",
		diagnosis: "what was opened for the client whom the fault hit was not closed",
		processes: []int{100},
	}})
}

func TestHit(t *testing.T) {
	after := func(hits int) func(*stage) match.Matcher {
		return func(g *stage) match.Matcher { return match.Hit(func() int { return hits }, 2, g.waiting()) }
	}
	check(t, []pair{{
		name: "too few", holds: after(2), fails: after(1),
		found: "the call was not made, and client 1 is not served", diagnosis: heldBack, processes: []int{100, 101},
	}})
}

func TestEither(t *testing.T) {
	check(t, []pair{{
		name: "the second speaks for both",
		holds: func(g *stage) match.Matcher {
			return match.Either(match.Served(g.waiting()), match.Served(g.echoed()))
		},
		fails: func(g *stage) match.Matcher {
			c := g.waiting()
			return match.Either(match.Served(c), match.ServedOrDropped(c))
		},
		found: "client 1 is neither answered nor dropped", diagnosis: heldBack, processes: []int{100, 101},
	}})
}
