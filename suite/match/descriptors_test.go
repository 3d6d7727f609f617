package match_test

import (
	"testing"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// twoServed has a child each for two clients, as it should be.
func twoServed(g *fixture) (one, two *match.Client) {
	one, two = g.client(), g.client()
	g.serves(101, one)
	g.serves(102, two)
	return one, two
}

func TestDescriptors(t *testing.T) {
	check(t, []pair{{
		name:  "parent",
		holds: func(g *fixture) match.Matcher { twoServed(g); return match.ParentHoldsNoConnection() },
		fails: func(g *fixture) match.Matcher {
			one, two := twoServed(g)
			g.holds(parentPID, 4, one)
			g.holds(parentPID, 5, two)
			return match.ParentHoldsNoConnection()
		},
		found: "parent 100 still holds FD 4, the connection from CLIENT1 (client 1), which child 101 serves (and 1 more like it)",
		diagnosis: "its copy of the descriptor keeps the connection open after the child has closed its own, " +
			"so the client never sees the end, and the parent runs out of descriptors",
		processes: []int{100, 101, 102}, wrong: [][2]int{{100, 4}, {100, 5}},
	}, {
		name:  "listener",
		holds: func(g *fixture) match.Matcher { twoServed(g); return match.ChildrenHoldNoListener() },
		fails: func(g *fixture) match.Matcher {
			twoServed(g)
			g.keepsListener(102)
			return match.ChildrenHoldNoListener()
		},
		found: "child 102 holds FD 3, the listening socket SERVER",
		diagnosis: "a child never accepts; while one of them keeps the listening socket, the port stays taken " +
			"after the parent has ended (\"Address already in use\")",
		processes: []int{102}, wrong: [][2]int{{102, 3}},
	}})
}

func TestNoSiblings(t *testing.T) {
	check(t, []pair{{
		name: "a helper of the child is none",
		holds: func(g *fixture) match.Matcher {
			one, _ := twoServed(g)
			g.forks(101, 103)
			g.holds(103, connFD, one)
			return match.NoSiblings()
		},
		fails: func(g *fixture) match.Matcher {
			one, _ := twoServed(g)
			g.holds(102, 5, one)
			return match.NoSiblings()
		},
		found: "child 102 holds FD 5, the connection from CLIENT1 (client 1), which child 101 serves",
		diagnosis: "it inherited the descriptor from the parent, which had not closed it before it forked again: " +
			"that client's connection stays open until both processes have closed it",
		processes: []int{102, 101}, wrong: [][2]int{{102, 5}},
	}, {
		name:  "a helper of another child is one",
		holds: func(g *fixture) match.Matcher { twoServed(g); return match.NoSiblings() },
		fails: func(g *fixture) match.Matcher {
			one, _ := twoServed(g)
			g.forks(102, 103)
			g.holds(103, 5, one)
			return match.NoSiblings()
		},
		found: "child 103 holds FD 5, the connection from CLIENT1 (client 1), which child 101 serves",
		diagnosis: "it inherited the descriptor from the parent, which had not closed it before it forked again: " +
			"that client's connection stays open until both processes have closed it",
		processes: []int{103, 101}, wrong: [][2]int{{103, 5}},
	}})
}

// holding gives the parent so many descriptors of a kind beside the others.
func (g *fixture) holding(kind observe.Kind, n int) observe.Picture {
	picture := g.snapshot.Picture
	picture.Processes = append([]observe.Process(nil), picture.Processes...)
	p := &picture.Processes[0]
	p.Descriptors = append([]observe.Descriptor(nil), p.Descriptors...)
	for i := range n {
		p.Descriptors = append(p.Descriptors, observe.Descriptor{FD: 10 + i, Kind: kind})
	}
	return picture
}

func TestNoGrowth(t *testing.T) {
	grown := func(kind observe.Kind, before, half, after int) func(*fixture) match.Matcher {
		return func(g *fixture) match.Matcher {
			m := match.NoGrowth(g.holding(kind, before), g.holding(kind, half), 100)
			g.snapshot.Picture = g.holding(kind, after)
			return m
		}
	}
	check(t, []pair{{
		name:  "a pool of pipes is no leak, one pipe in four connections is",
		holds: grown(observe.Pipe, 0, 10, 20),
		fails: grown(observe.Pipe, 0, 25, 50),
		found: "process 100: after 200 connections 51 descriptors of kind \"pipe\" are open, " +
			"after 100 it was 26, before 1",
		diagnosis: "something that was opened for each connection is never closed",
		processes: []int{100}, wrong: fds(1, 10, 59),
	}, {
		name:  "sockets that come once are no leak, those that go on coming are",
		holds: grown(observe.ConnectedSocket, 0, 2, 2),
		fails: grown(observe.ConnectedSocket, 0, 1, 2),
		found: "process 100: after 200 connections 2 descriptors of kind \"connected socket\" are open, " +
			"after 100 it was 1, before 0",
		diagnosis: "the connected socket is not closed in this process",
		processes: []int{100}, wrong: fds(0, 10, 11),
	}})
}

// fds lists descriptors of the parent: one, when it is not 0, and a range.
func fds(one, first, last int) (list [][2]int) {
	if one != 0 {
		list = append(list, [2]int{parentPID, one})
	}
	for fd := first; fd <= last; fd++ {
		list = append(list, [2]int{parentPID, fd})
	}
	return list
}

func TestNoConnectionLeft(t *testing.T) {
	left := func(state observe.TCPState, hold bool) func(*fixture) match.Matcher {
		return func(g *fixture) match.Matcher {
			c := g.client()
			c.Close()
			g.sees(c, "its own end", clients.History.ClosedByUs)
			g.serverSide(c).State = state
			if hold {
				g.serves(101, c)
				g.holds(parentPID, 4, c)
			}
			return match.NoConnectionLeft()
		}
	}
	check(t, []pair{{
		name: "close wait", holds: left(observe.TimeWait, false), fails: left(observe.CloseWait, true),
		found: "1 connection left, the first in CLOSE_WAIT, held by processes 100, 101",
		diagnosis: "the client has closed its side; this side stays in CLOSE_WAIT until the last descriptor " +
			"of the connection is closed; " + blockedInAccept + "; child 101 is blocked in read(4)",
		processes: []int{100, 101}, wrong: [][2]int{{100, 4}, {101, 4}},
	}})
}
