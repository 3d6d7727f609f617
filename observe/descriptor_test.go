package observe

import (
	"fmt"
	"testing"
)

func TestKinds(t *testing.T) {
	s := start(t, "kinds")
	p, _ := s.settled()
	want := []struct {
		kind Kind
		text string
	}{
		{File, "/dev/null"}, {Pipe, "pipe"}, {File, "/dev/null"},
		{ListeningSocket, fmt.Sprintf("listening socket 127.0.0.1:%d", s.port)},
		{TCPSocket, "TCP socket, not connected"}, {OtherSocket, "socket"}, {OtherSocket, "socket"},
		{Pipe, "pipe"}, {Pipe, "pipe"}, {EventPoll, "epoll"}, {SignalFD, "signalfd"},
		{TimerFD, "timerfd"}, {EventFD, "eventfd"}, {PIDFD, "pidfd"},
	}
	got := s.first(p).Descriptors
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
		if d.Kind == Pipe && d.Inode == 0 || d.Timed {
			t.Errorf("%+v", d)
		}
	}
}

func TestConnectionDescriptor(t *testing.T) {
	s := start(t, "unread")
	c := served(s)
	p := s.look()
	socket, _ := connection(p, c)
	holders := p.Holders(socket.Inode)
	if len(holders) != 1 || holders[0].FD != 4 || holders[0].Process != s.first(p).ID || holders[0].Socket != socket {
		t.Fatalf("holders: %+v", holders)
	}
	d, _ := s.first(p).descriptor(4)
	if want := fmt.Sprintf("connection from %v", addressOf(c)); d.String() != want || d.Kind != ConnectedSocket {
		t.Errorf("%v, %v", d, d.Kind)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	p, _ = s.settled()
	d, _ = s.first(p).descriptor(4)
	if want := fmt.Sprintf("connection from %v (CLOSE_WAIT)", addressOf(c)); d.String() != want {
		t.Errorf("%v, want %v", d, want)
	}
}

// A socket that was reset is in no table any more, and still a TCP socket.
func TestResetSocket(t *testing.T) {
	s := start(t, "unread")
	c := served(s)
	if err := c.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	p, rest := s.settled()
	if d, _ := s.first(p).descriptor(4); d.Kind != TCPSocket || !rest.Final {
		t.Errorf("%v (%v), %+v", d, d.Kind, rest)
	}
}

func TestDetailsAreReadOnlyWhenAsked(t *testing.T) {
	s := start(t, "timer")
	s.settled()
	for _, d := range []Detail{0, Sockets, Descriptors, Tasks, Everything} {
		p, err := s.observer.Look(d)
		if err != nil {
			t.Fatal(err)
		}
		q := s.first(p)
		if (len(q.Descriptors) > 0) != (d&Descriptors != 0) || (len(q.Tasks) > 0) != (d&Tasks != 0) ||
			(q.Timers > 0) != (d&Tasks != 0) || q.RSSBytes == 0 || q.Group == 0 {
			t.Errorf("detail %b: %+v", d, q)
		}
		if (p.Sockets != nil) != (d&(Sockets|Descriptors) != 0) {
			t.Errorf("detail %b: sockets %v", d, p.Sockets)
		}
	}
}
