package observe_test

import (
	"fmt"
	"net"
	"testing"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/observetest"
)

func TestKinds(t *testing.T) {
	s := observetest.Start(t, "kinds")
	p, _ := s.Settled()
	want := []struct {
		kind observe.Kind
		text string
	}{
		{observe.File, "/dev/null"}, {observe.Pipe, "pipe"}, {observe.File, "/dev/null"},
		{observe.ListeningSocket, fmt.Sprintf("listening socket 127.0.0.1:%d", s.Port)},
		{observe.TCPSocket, "TCP socket, not connected"}, {observe.OtherSocket, "socket"}, {observe.OtherSocket, "socket"},
		{observe.Pipe, "pipe"}, {observe.Pipe, "pipe"}, {observe.Epoll, "epoll"}, {observe.SignalFD, "signalfd"},
		{observe.TimerFD, "timerfd"}, {observe.EventFD, "eventfd"}, {observe.PIDFD, "pidfd"},
	}
	got := s.First(p).Descriptors
	if len(got) != len(want) {
		t.Fatalf("%d descriptors, want %d: %v", len(got), len(want), got)
	}
	for i, d := range got {
		if i == 2 {
			continue // standard error is what the test has
		}
		if d.FD != i || d.Kind != want[i].kind || d.String() != want[i].text {
			t.Errorf("%d: %v (%v), want %v (%v)", d.FD, d, d.Kind, want[i].text, want[i].kind)
		}
		if d.Kind == observe.Pipe && d.Inode == 0 || d.Timed {
			t.Errorf("%+v", d)
		}
	}
}

func TestConnectionDescriptor(t *testing.T) {
	s := observetest.Start(t, "unread")
	c := s.AcceptedClient()
	p := s.Look()
	socket, _ := observetest.Connection(p, c)
	holders := p.Holders(socket.Inode)
	if len(holders) != 1 || holders[0].FD != 4 || holders[0].Process != s.First(p).ID || holders[0].Socket != socket {
		t.Fatalf("holders: %+v", holders)
	}
	d, _ := s.First(p).Descriptor(4)
	if want := fmt.Sprintf("connection from %v", observetest.AddressOf(c)); d.String() != want || d.Kind != observe.ConnectedSocket {
		t.Errorf("%v, %v", d, d.Kind)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	p, _ = s.Settled()
	d, _ = s.First(p).Descriptor(4)
	if want := fmt.Sprintf("connection from %v (CLOSE_WAIT)", observetest.AddressOf(c)); d.String() != want {
		t.Errorf("%v, want %v", d, want)
	}
}

// A socket that was reset is in no table any more, and still a TCP socket.
func TestResetSocket(t *testing.T) {
	s := observetest.Start(t, "unread")
	c := s.AcceptedClient()
	if err := c.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	p, state := s.Settled()
	if d, _ := s.First(p).Descriptor(4); d.Kind != observe.TCPSocket || !state.Final {
		t.Errorf("%v (%v), %+v", d, d.Kind, state)
	}
}

func TestDetailsAreReadOnlyWhenAsked(t *testing.T) {
	s := observetest.Start(t, "timer")
	s.Settled()
	for _, d := range []observe.Detail{0, observe.Sockets, observe.Descriptors, observe.Tasks, observe.Everything} {
		p, err := s.Observer.Look(d)
		if err != nil {
			t.Fatal(err)
		}
		q := s.First(p)
		if (len(q.Descriptors) > 0) != (d&observe.Descriptors != 0) || (len(q.Tasks) > 0) != (d&observe.Tasks != 0) ||
			(q.Timers > 0) != (d&observe.Tasks != 0) || q.RSSBytes == 0 || q.Group == 0 {
			t.Errorf("detail %b: %+v", d, q)
		}
		if (p.Sockets != nil) != (d&(observe.Sockets|observe.Descriptors) != 0) {
			t.Errorf("detail %b: sockets %v", d, p.Sockets)
		}
	}
}

// TestThreadsOwnTable: a descriptor in the table of one thread alone is seen, with
// the thread.
func TestThreadsOwnTable(t *testing.T) {
	s := observetest.Start(t, "own_table")
	c := s.Client()
	var p observe.Picture
	s.Until("the first thread has closed the connection", func(_, now observe.Picture) bool {
		p = now
		socket, _ := observetest.Connection(p, c)
		holders := p.Holders(socket.Inode)
		return len(holders) == 1 && holders[0].Thread != 0
	})
	socket, _ := observetest.Connection(p, c)
	first := s.First(p)
	holder := p.Holders(socket.Inode)[0]
	if holder.FD != 4 || holder.Process != first.ID || holder.Thread == first.ID.PID {
		t.Errorf("%+v", holder)
	}
	if _, found := first.Task(holder.Thread); !found {
		t.Errorf("process %d has no thread %d", first.ID.PID, holder.Thread)
	}
	if unheld := unheld(p, c); len(unheld) > 0 {
		t.Errorf("no process holds %v", unheld)
	}
}

// TestUnheld: a socket in a message that was not received has no descriptor.
func TestUnheld(t *testing.T) {
	s := observetest.Start(t, "in_flight")
	c := s.Client()
	p, _ := s.Settled()
	if got := unheld(p, c); len(got) != 1 || got[0].Peer != observetest.AddressOf(c) || got[0].Inode == 0 {
		t.Errorf("no process holds %v", got)
	}
}

// unheld lists the server's ends of the client's connection that no process holds.
func unheld(p observe.Picture, c *net.TCPConn) (list []observe.Socket) {
	for _, s := range p.Unheld() {
		if s.Peer == observetest.AddressOf(c) {
			list = append(list, s)
		}
	}
	return list
}
