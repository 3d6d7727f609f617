package model

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

const (
	initPID = 1
	// parentPID is the process that listens, with descriptor 3.
	parentPID = 100
	listenFD  = 3
)

// A scene is a server with its clients, made by hand.
type scene struct {
	t    *testing.T
	to   net.Addr
	seen Seen
}

// newScene returns a server whose processes, before the first client, are the parent and
// some workers, each in a call.
func newScene(t *testing.T, parent string, workers int) *scene {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	s := &scene{t: t, to: listener.Addr()}
	s.seen.Init, s.seen.Address = initPID, netip.MustParseAddrPort(listener.Addr().String())
	s.process(parentPID, initPID, parent, listenFD)
	for i := range workers {
		s.process(parentPID+1+i, parentPID, "accept4", listenFD)
	}
	socket := observe.Socket{Local: s.seen.Address, State: observe.Listen, Inode: 1}
	for i := range s.seen.Picture.Processes {
		p := &s.seen.Picture.Processes[i]
		p.Descriptors = []observe.Descriptor{{FD: listenFD, Kind: observe.ListeningSocket, Inode: 1, Socket: &socket}}
	}
	s.seen.Idle.Processes = append(s.seen.Idle.Processes, s.seen.Picture.Processes...)
	return s
}

func id(pid int) observe.ProcessID { return observe.ProcessID{PID: pid, Start: uint64(pid)} }

// process adds a process that sleeps in a call.
func (s *scene) process(pid, parent int, call string, fd int) {
	s.seen.Picture.Processes = append(s.seen.Picture.Processes, observe.Process{
		ID: id(pid), Parent: parent, State: observe.Sleeping, Tasks: []observe.Task{task(pid, call, fd)},
	})
}

func task(tid int, call string, fd int) observe.Task {
	return observe.Task{TID: tid, State: observe.Sleeping, Call: observe.Call{Name: call, Args: [6]uint64{uint64(fd)}}}
}

func (s *scene) of(pid int) *observe.Process {
	for i := range s.seen.Picture.Processes {
		if s.seen.Picture.Processes[i].ID.PID == pid {
			return &s.seen.Picture.Processes[i]
		}
	}
	s.t.Fatalf("no process %d", pid)
	return nil
}

// Dial connects a client.
func (s *scene) Dial(ctx context.Context) (*net.TCPConn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.to.String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// client connects one, which waits in the accept queue until a process holds it.
func (s *scene) client() {
	var changes clients.Notifier
	c := &match.Client{Client: clients.Connect(s.t.Context(), s, clients.Notify(&changes)), Name: "client"}
	s.t.Cleanup(c.Reset)
	for !c.History().IsConnected() {
		<-changes.Changed()
	}
	s.seen.Clients = append(s.seen.Clients, c)
	s.seen.Picture.Sockets = append(s.seen.Picture.Sockets, observe.Socket{
		Local: s.seen.Address, Peer: c.History().Local, State: observe.Established,
	})
}

// holds opens the connection of a new client as a descriptor of a process.
func (s *scene) holds(pid, fd int) {
	s.client()
	last := &s.seen.Picture.Sockets[len(s.seen.Picture.Sockets)-1]
	last.Inode = uint32(1000 + len(s.seen.Picture.Sockets))
	socket := *last
	p := s.of(pid)
	p.Descriptors = append(p.Descriptors, observe.Descriptor{FD: fd, Kind: observe.ConnectedSocket, Inode: uint64(last.Inode), Socket: &socket})
}

// sleepsIn has a process sleep in a call, in its only thread. Idle is not changed.
func (s *scene) sleepsIn(pid int, call string, fd int) {
	s.of(pid).Tasks = []observe.Task{task(pid, call, fd)}
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		parent  string
		workers int
		play    func(*scene)
		want    Verdict
	}{
		"a child each": {"accept4", 0, func(s *scene) {
			for pid := 200; pid < 203; pid++ {
				s.process(pid, parentPID, "read", 4)
				s.holds(pid, 4)
			}
		}, Verdict{Model: Forking, Sure: true}},
		"a child each, up to two": {"accept4", 0, func(s *scene) {
			for pid := 200; pid < 202; pid++ {
				s.process(pid, parentPID, "read", 4)
				s.holds(pid, 4)
			}
			s.holds(parentPID, 4) // accepted, and kept until a child ends
			s.sleepsIn(parentPID, "wait4", 0)
		}, Verdict{Model: Forking, Sure: true}},
		"grandchildren": {"accept4", 0, func(s *scene) {
			for pid := 200; pid < 203; pid++ {
				s.process(pid, initPID, "read", 4)
				s.holds(pid, 4)
			}
		}, Verdict{Model: DoubleFork, Sure: true}},
		"programs": {"accept4", 0, func(s *scene) {
			s.seen.Executed = map[observe.ProcessID]bool{id(200): true, id(201): true}
			for pid := 200; pid < 202; pid++ {
				s.process(pid, parentPID, "read", 0)
				s.holds(pid, 0)
			}
		}, Verdict{Model: Exec, Sure: true}},
		"workers, all busy": {"pause", 3, func(s *scene) {
			for pid := 101; pid < 104; pid++ {
				s.holds(pid, 4)
				s.sleepsIn(pid, "read", 4)
			}
			s.client()
		}, Verdict{Model: Prefork, Pool: 3, Sure: true}},
		"workers to spare": {"pause", 5, func(s *scene) {
			for pid := 101; pid < 104; pid++ {
				s.holds(pid, 4)
				s.sleepsIn(pid, "read", 4)
			}
		}, Verdict{Model: Prefork, Pool: 5, Sure: true}},
		"workers with a loop each": {"pause", 2, func(s *scene) {
			for pid := 101; pid < 103; pid++ {
				s.holds(pid, 4)
				s.holds(pid, 5)
				s.sleepsIn(pid, "epoll_wait", 6)
			}
		}, Verdict{Model: Hybrid, Sure: true}},
		"a thread each": {"accept4", 0, func(s *scene) {
			p := s.of(parentPID)
			for fd := 4; fd < 7; fd++ {
				s.holds(parentPID, fd)
				p.Tasks = append(p.Tasks, task(200+fd, "recvfrom", fd))
			}
		}, Verdict{Model: Threads, Sure: true}},
		"a pool of two threads": {"accept4", 0, func(s *scene) {
			p := s.of(parentPID)
			for fd := 4; fd < 8; fd++ {
				s.holds(parentPID, fd)
			}
			p.Tasks = append(p.Tasks, task(204, "recvfrom", 4), task(205, "recvfrom", 5))
		}, Verdict{Model: ThreadPool, Pool: 2, Sure: true}},
		"one loop": {"poll", 0, func(s *scene) {
			s.holds(parentPID, 4)
			s.holds(parentPID, 5)
		}, Verdict{Model: Poll, Sure: true}},
		"one loop, and one for itself": {"epoll_wait", 0, func(s *scene) {
			s.holds(parentPID, 4)
			s.holds(parentPID, 5)
			p := s.of(parentPID)
			p.Tasks = append(p.Tasks, task(201, "epoll_wait", 9))
			s.seen.Watched = map[match.Mark][]int{
				{Process: p.ID, FD: listenFD}: {4, 5},
				{Process: p.ID, FD: 9}:        {12},
			}
		}, Verdict{Model: Epoll, Sure: true}},
		"one at a time": {"accept4", 0, func(s *scene) {
			s.holds(parentPID, 4)
			s.sleepsIn(parentPID, "read", 4)
			s.client()
		}, Verdict{Model: Iterative, Sure: true}},
		"only one could come": {"epoll_wait", 0, func(s *scene) { s.holds(parentPID, 4) }, Verdict{Model: Epoll}},
		"none is taken":       {"accept4", 0, func(s *scene) { s.client() }, Verdict{Model: Iterative}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, c.parent, c.workers)
			c.play(s)
			got := Judge(s.seen)
			if got.Model != c.want.Model || got.Pool != c.want.Pool || got.Sure != c.want.Sure {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			if len(got.Evidence) == 0 || !got.Sure && got.Surer == "" {
				t.Errorf("it does not say why: %q %q", strings.Join(got.Evidence, "; "), got.Surer)
			}
		})
	}
}
