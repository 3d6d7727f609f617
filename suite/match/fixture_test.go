package match_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// Processes and descriptors of a fixture.
const (
	parentPID  = 100
	listenerFD = 3
	connFD     = 4
	outputPipe = 7
)

// A fixture is a snapshot that a test sets up: its processes are invented, its
// clients are real ones of a listener that the test plays the server for.
type fixture struct {
	t        *testing.T
	listener *net.TCPListener
	conns    []*net.TCPConn // the server's ends, by client
	snapshot match.Snapshot
	from     netip.AddrPort // where the next client connects from; any port when not valid
}

// newFixture has one process, which listens and sleeps in accept.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	g := &fixture{t: t, listener: listener}
	g.snapshot.Address = listener.Addr().(*net.TCPAddr).AddrPort()
	g.snapshot.OutputPipe = outputPipe
	g.snapshot.Init = 1
	socket := observe.Socket{Local: g.snapshot.Address, State: observe.Listen, Inode: 1}
	g.snapshot.Picture.Sockets = []observe.Socket{socket}
	g.snapshot.Picture.Processes = []observe.Process{{
		ID: id(parentPID), Parent: 1, State: observe.Sleeping,
		Descriptors: []observe.Descriptor{
			{FD: 1, Kind: observe.Pipe, Inode: outputPipe},
			{FD: listenerFD, Kind: observe.ListeningSocket, Inode: 1, Socket: &socket},
		},
	}}
	g.sleepsIn(parentPID, "accept", listenerFD)
	g.idle()
	return g
}

func id(pid int) observe.ProcessID { return observe.ProcessID{PID: pid, Start: uint64(pid)} }

// idle has what is there count as what was there before the first client.
func (g *fixture) idle() {
	g.snapshot.Idle.Processes = append([]observe.Process(nil), g.snapshot.Picture.Processes...)
}

func (g *fixture) process(pid int) *observe.Process {
	for i := range g.snapshot.Picture.Processes {
		if g.snapshot.Picture.Processes[i].ID.PID == pid {
			return &g.snapshot.Picture.Processes[i]
		}
	}
	g.t.Fatalf("no process %d", pid)
	return nil
}

// forks adds a child that sleeps in read.
func (g *fixture) forks(parent, child int) {
	g.snapshot.Picture.Processes = append(g.snapshot.Picture.Processes,
		observe.Process{ID: id(child), Parent: parent, State: observe.Sleeping})
	g.sleepsIn(child, "read", connFD)
}

// dies makes a zombie of a process.
func (g *fixture) dies(pid int) {
	p := g.process(pid)
	p.State, p.Tasks, p.Descriptors = observe.Zombie, nil, nil
}

// goes removes a process.
func (g *fixture) goes(pid int) {
	kept := g.snapshot.Picture.Processes[:0:0]
	for _, p := range g.snapshot.Picture.Processes {
		if p.ID.PID != pid {
			kept = append(kept, p)
		}
	}
	g.snapshot.Picture.Processes = kept
}

func (g *fixture) sleepsIn(pid int, call string, first uint64) {
	g.process(pid).Tasks = []observe.Task{{
		TID: pid, State: observe.Sleeping,
		Call: observe.Call{Name: call, Args: [6]uint64{first}, Wait: observe.Untimed},
	}}
}

func (g *fixture) runs(pid int) {
	p := g.process(pid)
	p.State, p.CPU = observe.Running, 1500*time.Millisecond+time.Microsecond
	p.Tasks = []observe.Task{{TID: pid, State: observe.Running, Call: observe.Call{Running: true}}}
}

// Dial makes the fixture a clients.Dialer.
func (g *fixture) Dial(ctx context.Context) (*net.TCPConn, error) {
	var dialer net.Dialer
	if g.from.IsValid() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(g.from)
	}
	conn, err := dialer.DialContext(ctx, "tcp4", g.snapshot.Address.String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// client connects one more client; the server's end of it is socket N+10.
func (g *fixture) client(opts ...clients.Option) *match.Client {
	g.t.Helper()
	opts = append([]clients.Option{clients.Speak(protocol.NewEcho(1, len(g.conns)+1))}, opts...)
	plain := clients.Connect(g.t.Context(), g, opts...)
	conn, err := g.listener.AcceptTCP()
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { plain.Reset(); _ = conn.Close() })
	g.conns = append(g.conns, conn)
	c := &match.Client{Client: plain, Name: fmt.Sprintf("client %d", len(g.conns))}
	g.sees(c, "the connection", clients.History.IsConnected)
	g.snapshot.Clients = append(g.snapshot.Clients, c)
	g.snapshot.Picture.Sockets = append(g.snapshot.Picture.Sockets,
		observe.Socket{Local: g.snapshot.Address, Peer: c.Address(), State: observe.Established, Inode: uint32(10 + len(g.conns))},
		observe.Socket{Local: c.Address(), Peer: g.snapshot.Address, State: observe.Established, Inode: uint32(1000 + len(g.conns))})
	return c
}

// serverSide and clientSide are the two ends of a client's connection.
// never is a Dialer that no server answers.
type never struct{}

func (never) Dial(ctx context.Context) (*net.TCPConn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// stuck is a client that does not read, and sends more than the server takes.
func (g *fixture) stuck() *match.Client {
	c := g.client(clients.NeverRead())
	c.NotReading = true
	c.Send(protocol.Printable(1, 64<<20))
	g.sees(c, "that no more goes out", func(h clients.History) bool { return h.SendBlocked })
	return c
}

// dialing is a client that is not connected yet.
func (g *fixture) dialing() *match.Client {
	c := &match.Client{Client: clients.Connect(g.t.Context(), never{}), Name: "client 1"}
	g.t.Cleanup(c.Reset)
	return c
}

func (g *fixture) serverSide(c *match.Client) *observe.Socket {
	return g.socket(g.snapshot.Address, c.Address())
}
func (g *fixture) clientSide(c *match.Client) *observe.Socket {
	return g.socket(c.Address(), g.snapshot.Address)
}

func (g *fixture) socket(local, peer netip.AddrPort) *observe.Socket {
	for i, k := range g.snapshot.Picture.Sockets {
		if k.Local == local && k.Peer == peer {
			return &g.snapshot.Picture.Sockets[i]
		}
	}
	g.t.Fatalf("no socket %v to %v", local, peer)
	return nil
}

// holds adds to a process a descriptor of a client's connection.
func (g *fixture) holds(pid, fd int, c *match.Client) {
	socket := *g.serverSide(c)
	p := g.process(pid)
	p.Descriptors = append(p.Descriptors, observe.Descriptor{
		FD: fd, Kind: observe.ConnectedSocket, Inode: uint64(socket.Inode), Socket: &socket,
	})
}

// keepsListener adds to a process a descriptor of the listening socket.
func (g *fixture) keepsListener(pid int) {
	p := g.process(pid)
	p.Descriptors = append(p.Descriptors, g.process(parentPID).Descriptors[1])
}

// serves forks a child for a client, as it should be.
func (g *fixture) serves(child int, c *match.Client) {
	g.forks(parentPID, child)
	g.holds(child, connFD, c)
}

// answers has the server send to a client, and waits until it is there.
func (g *fixture) answers(c *match.Client, text string) {
	g.t.Helper()
	before := c.History().Received
	if _, err := g.conn(c).Write([]byte(text)); err != nil {
		g.t.Fatal(err)
	}
	g.sees(c, "the answer", func(h clients.History) bool { return h.Received == before+int64(len(text)) })
}

func (g *fixture) conn(c *match.Client) *net.TCPConn {
	for i, other := range g.snapshot.Clients {
		if other == c {
			return g.conns[i]
		}
	}
	g.t.Fatalf("%s is not of this fixture", c.Name)
	return nil
}

// ends has the server close a client's connection, in order or by a reset.
func (g *fixture) ends(c *match.Client, reset bool) {
	g.t.Helper()
	var err error
	if reset {
		err = g.conn(c).SetLinger(0)
	}
	if err = errors.Join(err, g.conn(c).Close()); err != nil {
		g.t.Fatal(err)
	}
	g.sees(c, "the end", clients.History.Ended)
}

func (g *fixture) sees(c *match.Client, what string, cond func(clients.History) bool) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), time.Minute)
	defer cancel()
	if _, err := c.Wait(ctx, what, cond); err != nil {
		g.t.Fatal(err)
	}
}

// plain puts names in the place of addresses, which differ from run to run.
func (g *fixture) plain(text string) string {
	pairs := []string{g.snapshot.Address.String(), "SERVER"}
	for _, c := range g.snapshot.Clients {
		pairs = append(pairs, c.Address().String(), strings.ToUpper(strings.ReplaceAll(c.Name, " ", "")))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
