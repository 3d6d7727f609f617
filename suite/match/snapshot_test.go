package match_test

import (
	"testing"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// A client that comes from where an earlier one came from has its connection
// for itself: the child that serves it is the later one's.
func TestPortIsUsedAgain(t *testing.T) {
	g := newFixture(t)
	first := g.client()
	g.serves(200, first)
	if child, found := g.snapshot.Child(first); !found || child != id(200) {
		t.Fatalf("before: %v, %t", child, found)
	}
	g.ends(first, true)
	g.goes(200)
	g.snapshot.Picture.Sockets = g.snapshot.Picture.Sockets[:1]
	g.from = first.Address()
	later := g.client()
	if later.Address() != first.Address() {
		t.Fatalf("connected from %v, want %v", later.Address(), first.Address())
	}
	g.serves(201, later)
	if child, found := g.snapshot.Child(later); !found || child != id(201) {
		t.Errorf("the later client is served by %v, %t", child, found)
	}
	if child, found := g.snapshot.Child(first); found {
		t.Errorf("the earlier client is served by %v", child)
	}
	if socket, found := g.snapshot.Connection(first); found || socket != (observe.Socket{}) {
		t.Errorf("the earlier client still has %+v", socket)
	}
}

// Pids begin anew after the highest: of two children that were started in the
// same tick of the clock, the one that was forked first may have the higher one.
func TestPidsBeginAnew(t *testing.T) {
	g := newFixture(t)
	first, second := g.client(), g.client()
	g.serves(32767, first)
	g.serves(300, second)
	g.holds(300, connFD+1, first) // it inherited what the parent keeps
	for _, pid := range []int{32767, 300} {
		p := g.process(pid)
		p.ID.Start = 7
	}
	for c, pid := range map[*match.Client]int{first: 32767, second: 300} {
		if child, found := g.snapshot.Child(c); !found || child.PID != pid {
			t.Errorf("%s is served by %v, %t, want %d", c.Name, child, found, pid)
		}
	}
	f := match.NoSiblings().Explain(g.snapshot)
	if len(f.Wrong) != 1 || f.Wrong[0].Process.PID != 300 {
		t.Errorf("%+v", f)
	}
}

// The parent keeps the connection of a client that has left, and the next child
// inherits it: that child serves its own client, not the one that has left.
func TestClientThatHasLeftIsNotServed(t *testing.T) {
	g := newFixture(t)
	first := g.client()
	g.serves(200, first)
	g.holds(100, connFD, first)
	g.dies(200)
	first.Close()
	second := g.client()
	g.serves(201, second)
	g.holds(201, connFD+1, first)
	if child, found := g.snapshot.Child(second); !found || child != id(201) {
		t.Errorf("the client that stays is served by %v, %t, want 201", child, found)
	}
	if child, found := g.snapshot.Child(first); found {
		t.Errorf("the client that has left is served by %v", child)
	}
}
