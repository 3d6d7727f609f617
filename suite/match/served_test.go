package match_test

import (
	"strings"
	"testing"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// unheard is a client that is owed no answer.
func (g *fixture) unheard() *match.Client {
	c := g.client()
	c.Unheard = true
	return c
}

// keeps has the parent hold a client's connection, and sleep in a call.
func keeps(call string, fd uint64) func(*fixture) match.Matcher {
	return func(g *fixture) match.Matcher {
		c := g.unheard()
		g.holds(parentPID, connFD, c)
		g.sleepsIn(parentPID, call, fd)
		return match.Served(c)
	}
}

// streams has a child that runs send so many bytes to a client that says nothing.
func streams(bytes int) func(*fixture) match.Matcher {
	return func(g *fixture) match.Matcher {
		c := g.unheard()
		g.serves(101, c)
		g.runs(101)
		g.answers(c, strings.Repeat("u", bytes))
		return match.Served(c)
	}
}

// TestServedWithoutAnAnswer checks who serves a client that is owed no answer: a child
// at rest, or a process that sleeps in a call on the connection.
func TestServedWithoutAnAnswer(t *testing.T) {
	byChild := func(g *fixture) match.Matcher {
		c := g.unheard()
		g.serves(101, c)
		return match.Served(c)
	}
	const keptByParent = "its connection is held by process 100 (FD 4); process 100 is blocked in "
	check(t, []pair{{
		name: "in the queue", holds: byChild,
		fails: func(g *fixture) match.Matcher {
			c := g.unheard()
			g.serverSide(c).Inode = 0
			return match.Served(c)
		},
		found:     "client 1 is not held by a process that serves it",
		diagnosis: "its connection waits in the accept queue: no process has taken it; process 100 is blocked in accept(3)",
		processes: []int{100},
	}, {
		name: "kept by a parent that is back in accept", holds: keeps("read", connFD), fails: keeps("accept", listenerFD),
		found: "client 1 is not held by a process that serves it", diagnosis: keptByParent + "accept(3)", processes: []int{100},
	}, {
		name: "kept by a parent whose child serves another", holds: keeps("poll", 0),
		fails: func(g *fixture) match.Matcher {
			g.serves(101, g.unheard())
			c := g.unheard()
			g.holds(parentPID, connFD, c)
			g.sleepsIn(parentPID, "poll", 0)
			return match.Served(c)
		},
		found:     "client 2 is not held by a process that serves it",
		diagnosis: "its connection is held by parent 100 (FD 4); parent 100 is blocked in poll(no timeout)", processes: []int{100},
	}, {
		name: "not at rest", holds: byChild,
		fails: func(g *fixture) match.Matcher {
			m := byChild(g)
			g.runs(101)
			return m
		},
		found:     "client 1 is not held by a process that serves it",
		diagnosis: "its connection is held by child 101 (FD 4); child 101 is running", processes: []int{100, 101},
	}, {
		name: "sent more than a greeting by a child that is never at rest", holds: streams(2000), fails: streams(20),
		found:     "client 1 is not held by a process that serves it",
		diagnosis: "its connection is held by child 101 (FD 4); child 101 is running", processes: []int{100, 101},
	}, {
		name: "ended without a word",
		holds: func(g *fixture) match.Matcher {
			c := g.unheard()
			g.answers(c, "Monday\n")
			g.ends(c, false)
			return match.Served(c)
		},
		fails: func(g *fixture) match.Matcher {
			c := g.unheard()
			g.serverSide(c).State, g.serverSide(c).Inode = observe.LastAck, 0
			g.ends(c, false)
			return match.Served(c)
		},
		found:     "client 1 is not held by a process that serves it; its connection: end of file",
		diagnosis: "process 100 is blocked in accept(3)", processes: []int{100},
	}})
}

// TestDeferred checks that a client which the kernel keeps back is told from one that
// waits in the queue.
func TestDeferred(t *testing.T) {
	g := newFixture(t)
	c := g.unheard()
	g.serverSide(c).Inode = 0
	if one := g.snapshot.Deferred(); one != nil {
		t.Errorf("%s waits in the queue and counts as kept back", one.Name)
	}
	g.serverSide(c).State = observe.NewSynRecv
	if one := g.snapshot.Deferred(); one != c {
		t.Errorf("%v is kept back, want client 1", one)
	}
}

// TestReplyOver checks when no more of a reply is to come: not while a process that came
// with the clients waits for the clock.
func TestReplyOver(t *testing.T) {
	serving := func(call string, fd uint64) func(*fixture) match.Matcher {
		return func(g *fixture) match.Matcher {
			c := g.client()
			g.serves(101, c)
			g.sleepsIn(101, call, fd)
			return match.ReplyOver(c)
		}
	}
	check(t, []pair{{
		name: "pausing", holds: serving("read", connFD), fails: serving("clock_nanosleep", 0),
		found:     "it is not",
		diagnosis: "its connection is held by child 101 (FD 4); child 101 is blocked in clock_nanosleep(no timeout)",
		processes: []int{100, 101},
	}})
}
