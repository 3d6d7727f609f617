package observe

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// served makes a client of a program that accepts one, and waits for the accept.
func served(s *subject) *net.TCPConn {
	s.t.Helper()
	c := s.client()
	s.until("accepted", func(_, b Picture) bool {
		socket, found := connection(b, c)
		return found && len(b.Holders(socket.Inode)) > 0
	})
	return c
}

func TestIdleConnectionIsFinal(t *testing.T) {
	for mode, call := range map[string]string{"read": "read(4)", "unread": "pause()"} {
		s := start(t, mode)
		served(s)
		p, rest := s.settled()
		if got := s.first(p).Tasks[0].Call.String(); !rest.Final || got != call {
			t.Errorf("%s: sleeps in %s, %+v", mode, got, rest)
		}
	}
}

// Input that nobody sleeps on is no reason to wait.
func TestUnreadInputIsFinal(t *testing.T) {
	s := start(t, "unread")
	c := served(s)
	s.say(c, "hello")
	p, rest := s.settled()
	socket, _ := connection(p, c)
	if !rest.Final || socket.RecvQueue != 5 {
		t.Errorf("%+v, %+v", socket, rest)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	s.until("closed by the client", func(_, b Picture) bool {
		socket, _ := connection(b, c)
		return socket.State == CloseWait
	})
	if _, rest := s.settled(); !rest.Final {
		t.Errorf("%+v", rest)
	}
}

// Connections that nobody accepts wait for the server, even those whose SYN
// the full queue drops.
func TestFullAcceptQueueIsFinal(t *testing.T) {
	s := start(t, "queue") // a backlog of 0 holds one connection
	s.client()
	s.until("one connection queued", func(_, b Picture) bool {
		l := b.Listening()
		return len(l) == 1 && l[0].Socket.RecvQueue == 1
	})
	var waiting int
	for range 3 {
		fd := halfConnect(t, s.port)
		t.Cleanup(func() { _ = unix.Close(fd) })
	}
	s.until("three SYNs dropped", func(_, b Picture) bool {
		waiting = 0
		for _, k := range b.Sockets {
			if int(k.Peer.Port()) == s.port && k.State == SynSent {
				waiting++
			}
		}
		return waiting == 3
	})
	p, rest := s.settled()
	if !rest.Final {
		t.Errorf("%+v", rest)
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
		s := start(t, "deaf_listener")
		fd := halfConnect(t, s.port)
		t.Cleanup(func() { _ = unix.Close(fd) })
		inFlight(s, "a SYN is in flight")
	})
	t.Run("bytes", func(t *testing.T) {
		s, c := deaf(t)
		s.say(c, "hello")
		inFlight(s, "bytes are in flight")
	})
	t.Run("FIN", func(t *testing.T) {
		s, c := deaf(t)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		inFlight(s, "a FIN is in flight")
	})
	t.Run("RST", func(t *testing.T) {
		s, c := deaf(t)
		if err := c.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		inFlight(s, "the end of the connection")
	})
}

func deaf(t *testing.T) (*subject, *net.TCPConn) {
	s := start(t, "deaf")
	c := s.client()
	s.ready()
	if _, rest := s.settled(); !rest.Final {
		t.Fatalf("before: %+v", rest)
	}
	return s, c
}

func inFlight(s *subject, because string) {
	s.t.Helper()
	s.until("in flight", func(a, b Picture) bool { return mentions(Compare(a, b).Because, because) })
	for range 3 {
		if rest := Compare(s.look(), s.look()); rest.Settled {
			s.t.Fatalf("settled: %+v", rest)
		}
	}
}

// A server that writes to a client that does not read is stuck, not busy; and
// so is a client that has ended behind a full queue.
func TestStuckBehindFullQueue(t *testing.T) {
	for mode, final := range map[string]bool{"write": true, "write_timeout": false} {
		t.Run(mode, func(t *testing.T) {
			s := start(t, mode)
			s.client()
			s.until("stuck", func(_, b Picture) bool { return s.first(b).Tasks[0].Call.Name == "write" })
			p, rest := s.settled()
			call := s.first(p).Tasks[0].Call
			if rest.Final != final || call.Name != "write" {
				t.Errorf("%v, %+v", call, rest)
			}
		})
	}
	t.Run("FIN", func(t *testing.T) {
		s := start(t, "unread")
		c := served(s)
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
		s.until("closing", func(_, b Picture) bool {
			for _, k := range b.Sockets {
				if k.Local == addressOf(c) && k.State == FinWait1 {
					return true
				}
			}
			return false
		})
		if _, rest := s.settled(); !rest.Final {
			t.Errorf("%+v", rest)
		}
	})
}

func TestChangedSocketIsNotSettled(t *testing.T) {
	s := start(t, "unread")
	c := served(s)
	before, _ := s.settled()
	s.say(c, "x")
	_, after := s.until("received", func(_, b Picture) bool {
		socket, _ := connection(b, c)
		return socket.RecvQueue == 1
	})
	if rest := Compare(before, after); rest.Settled || !mentions(rest.Because, "queues") {
		t.Errorf("%+v", rest)
	}
}
