package rest_test

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/observetest"
	"github.com/forkproof/forkproof/observe/rest"
)

func TestIdleConnectionIsFinal(t *testing.T) {
	for mode, call := range map[string]string{"read": "read(4)", "unread": "pause()"} {
		s := observetest.Start(t, mode)
		s.AcceptedClient()
		p, got := s.Settled()
		if in := s.First(p).Tasks[0].Call.String(); !got.Final || in != call {
			t.Errorf("%s: sleeps in %s, %+v", mode, in, got)
		}
	}
}

// Input in a queue that no thread sleeps on keeps no tree from being final.
func TestUnreadInputIsFinal(t *testing.T) {
	s := observetest.Start(t, "unread")
	c := s.AcceptedClient()
	s.Say(c, "hello")
	p, got := s.Settled()
	socket, _ := observetest.Connection(p, c)
	if !got.Final || socket.RecvQueue != 5 {
		t.Errorf("%+v, %+v", socket, got)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	s.Until("closed by the client", func(_, b observe.Picture) bool {
		socket, _ := observetest.Connection(b, c)
		return socket.State == observe.CloseWait
	})
	if _, got := s.Settled(); !got.Final {
		t.Errorf("%+v", got)
	}
}

// Connections that are not accepted wait for the server, even those whose SYN
// the full queue drops.
func TestFullAcceptQueueIsFinal(t *testing.T) {
	s := observetest.Start(t, "queue") // a backlog of 0 holds one connection
	s.Client()
	s.Until("one connection queued", func(_, b observe.Picture) bool {
		l := b.Listening()
		return len(l) == 1 && l[0].Socket.RecvQueue == 1
	})
	var waiting int
	for range 3 {
		fd := halfConnect(t, s.Port)
		t.Cleanup(func() { _ = unix.Close(fd) })
	}
	s.Until("three SYNs dropped", func(_, b observe.Picture) bool {
		waiting = 0
		for _, k := range b.Sockets {
			if int(k.Peer.Port()) == s.Port && k.State == observe.SynSent {
				waiting++
			}
		}
		return waiting == 3
	})
	p, got := s.Settled()
	if !got.Final {
		t.Errorf("%+v", got)
	}
	if l := p.Listening(); len(l) != 1 || l[0].Socket.RecvQueue != 1 || l[0].Socket.SendQueue != 0 {
		t.Errorf("listening: %+v", l)
	}
}

// halfConnect sends a SYN and does not wait for the answer.
func halfConnect(t *testing.T, port int) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	err = unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	if err != nil && err != unix.EINPROGRESS {
		t.Fatal(err)
	}
	return fd
}

// A socket filter that drops every segment keeps it in flight for as long as a
// test needs.
func TestInFlight(t *testing.T) {
	t.Run("SYN", func(t *testing.T) {
		s := observetest.Start(t, "deaf_listener")
		fd := halfConnect(t, s.Port)
		t.Cleanup(func() { _ = unix.Close(fd) })
		inFlight(t, s, "a SYN is in flight")
	})
	t.Run("bytes", func(t *testing.T) {
		s, c := deaf(t)
		s.Say(c, "hello")
		inFlight(t, s, "bytes are in flight")
	})
	t.Run("FIN", func(t *testing.T) {
		s, c := deaf(t)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		inFlight(t, s, "a FIN is in flight")
	})
	t.Run("RST", func(t *testing.T) {
		s, c := deaf(t)
		if err := c.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		inFlight(t, s, "the end of the connection")
	})
}

func deaf(t *testing.T) (*observetest.Subject, *net.TCPConn) {
	s := observetest.Start(t, "deaf")
	c := s.Client()
	s.Ready()
	if _, got := s.Settled(); !got.Final {
		t.Fatalf("before: %+v", got)
	}
	return s, c
}

func inFlight(t *testing.T, s *observetest.Subject, because string) {
	t.Helper()
	s.Until("in flight", func(a, b observe.Picture) bool { return mentions(rest.Compare(a, b).Because, because) })
	for range 3 {
		if got := rest.Compare(s.Look(), s.Look()); got.Settled {
			t.Fatalf("settled: %+v", got)
		}
	}
}

// A server that writes to a client that does not read is stuck, not busy; and
// so is a client that has ended behind a full queue.
func TestStuckBehindFullQueue(t *testing.T) {
	for mode, final := range map[string]bool{"write": true, "write_timeout": false} {
		t.Run(mode, func(t *testing.T) {
			s := observetest.Start(t, mode)
			s.Client()
			s.Until("stuck", func(_, b observe.Picture) bool { return s.First(b).Tasks[0].Call.Name == "write" })
			p, got := s.Settled()
			call := s.First(p).Tasks[0].Call
			if got.Final != final || call.Name != "write" {
				t.Errorf("%v, %+v", call, got)
			}
		})
	}
	t.Run("FIN", func(t *testing.T) {
		s := observetest.Start(t, "unread")
		c := s.AcceptedClient()
		raw, err := c.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		block := make([]byte, 1<<16)
		err = raw.Write(func(fd uintptr) bool {
			for {
				if _, err := unix.Write(int(fd), block); err != nil {
					return err == unix.EAGAIN
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		s.Until("closing", func(_, b observe.Picture) bool {
			for _, k := range b.Sockets {
				if k.Local == observetest.AddressOf(c) && k.State == observe.FinWait1 {
					return true
				}
			}
			return false
		})
		if _, got := s.Settled(); !got.Final {
			t.Errorf("%+v", got)
		}
	})
}

func TestChangedSocketIsNotSettled(t *testing.T) {
	s := observetest.Start(t, "unread")
	c := s.AcceptedClient()
	before, _ := s.Settled()
	s.Say(c, "x")
	_, after := s.Until("received", func(_, b observe.Picture) bool {
		socket, _ := observetest.Connection(b, c)
		return socket.RecvQueue == 1
	})
	if got := rest.Compare(before, after); got.Settled || !mentions(got.Because, "queues") {
		t.Errorf("%+v", got)
	}
}
