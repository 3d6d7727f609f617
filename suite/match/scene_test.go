package match_test

import (
	"testing"

	"github.com/forkproof/forkproof/observe"
)

// A client that comes from where an earlier one came from has its connection
// for itself: the child that serves it is the later one's.
func TestPortIsUsedAgain(t *testing.T) {
	g := newStage(t)
	first := g.client()
	g.serves(200, first)
	if child, found := g.scene.Child(first); !found || child != id(200) {
		t.Fatalf("before: %v, %t", child, found)
	}
	g.ends(first, true)
	g.goes(200)
	g.scene.Picture.Sockets = g.scene.Picture.Sockets[:1]
	g.from = first.Address()
	later := g.client()
	if later.Address() != first.Address() {
		t.Fatalf("connected from %v, want %v", later.Address(), first.Address())
	}
	g.serves(201, later)
	if child, found := g.scene.Child(later); !found || child != id(201) {
		t.Errorf("the later client is served by %v, %t", child, found)
	}
	if child, found := g.scene.Child(first); found {
		t.Errorf("the earlier client is served by %v", child)
	}
	if socket, found := g.scene.Connection(first); found || socket != (observe.Socket{}) {
		t.Errorf("the earlier client still has %+v", socket)
	}
}
