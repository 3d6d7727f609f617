package harness

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets"
)

// A Server is the server under test, with the verbs of the specs.
type Server struct {
	c       *Case
	target  *targets.Server
	idle    observe.Picture
	clients []*match.Client // those that the spec has not forgotten
	bell    clients.Bell    // of all clients
	dialled int
	stayed  []observe.ProcessID // processes that came with clients and did not end with them
	// lookCost is how long the last look at everything took.
	lookCost time.Duration
	looked   int  // processes that it showed
	ended    bool // the spec itself ended the server
	// dismissed: whether the server serves on is no matter of this requirement.
	dismissed bool
}

// A Group is some clients, in the order of connecting.
type Group []*match.Client

// Launch starts a fresh server and learns its tree while it is idle.
func (c *Case) Launch() *Server {
	host, err := takeHost(c.ctx, c.config)
	if err != nil {
		c.CannotJudge("no place to run the server: %v", err)
	}
	c.host = host
	c.Cleanup(func() { closeHost(host) })
	return c.launchOn(host, 0)
}

// launchOn starts the server on a host; port 0 leaves the port to the command.
func (c *Case) launchOn(host *targets.Host, port uint16) *Server {
	var target *targets.Server
	var err error
	if port == 0 {
		target, err = host.Start(c.ctx, c.config.Command)
	} else {
		target, err = host.StartAt(c.ctx, c.config.Command, port)
	}
	c.mustListen(err)
	s := &Server{c: c, target: target}
	c.server = s
	c.Did("started %s: it listens on %v", c.config.Command.Short(), target.Listening)
	s.learnIdle()
	return s
}

// mustListen ends the spec when the server does not listen.
func (c *Case) mustListen(err error) {
	var silent *targets.NotListening
	switch {
	case err == nil:
	case c.ctx.Err() != nil:
		c.blameTheMachine()
	case errors.As(err, &silent):
		if silent.Status != nil && silent.Status.Signaled() && silent.Status.Signal() == unix.SIGKILL && c.host.Overgrown() == 0 {
			c.CannotJudge("the server was killed by SIGKILL from outside forkproof before it listened")
		}
		c.notListening(silent)
	default:
		c.CannotJudge("the server could not be started: %v", err)
	}
}

func (c *Case) notListening(silent *targets.NotListening) {
	c.fallShort(match.Finding{
		Expected:  "the server comes to listen on a TCP port",
		Found:     silent.Reason,
		Diagnosis: "a server that does not listen cannot be reached by any client",
		Breaks:    "launch/listens",
		Snapshot:  &match.Snapshot{Picture: silent.Picture, Output: silent.Output},
	})
}

// snapshot is the server and its clients as they are now.
func (s *Server) snapshot() match.Snapshot { return s.see(match.Everything) }

// see is a snapshot that shows as much as is asked for.
func (s *Server) see(sight match.Sight) match.Snapshot {
	snapshot := match.Snapshot{
		Idle: s.idle, Keeper: s.target.Host().Keeper(), Address: s.target.Listening, Clients: s.clients,
		OutputPipe: s.target.Output().Inode(),
	}
	if sight == match.Clients {
		return snapshot
	}
	snapshot.Gone = s.target.Host().Empty()
	picture, err := s.target.Look(details[sight])
	if err != nil {
		s.c.CannotJudge("the server's processes cannot be seen: %v", err)
	}
	snapshot.Picture, snapshot.Ended = picture, s.exit(picture)
	return snapshot
}

var details = map[match.Sight]observe.Detail{
	match.Sockets:     observe.Sockets,
	match.Descriptors: observe.Descriptors,
	match.Everything:  observe.Everything,
}

// exit says how the started process ended; empty while it runs.
func (s *Server) exit(now observe.Picture) string {
	status, ended := s.status(now)
	switch n := s.target.Host().Overgrown(); {
	case n > 0:
		return fmt.Sprintf("grew to %d processes and was ended by forkproof", n)
	case ended && s.target.Host().OutOfMemory():
		return targets.Describe(status) + ", as it had used up its memory: see --memory"
	case ended:
		return targets.Describe(status)
	}
	return ""
}

// status is the wait status of the started process, when it has ended. The
// kernel shows its zombie before its keeper has waited for it: where the picture
// shows it dead, the keeper's word is waited for.
func (s *Server) status(now observe.Picture) (unix.WaitStatus, bool) {
	if p, found := now.ByPID(s.target.PID); found && p.Alive() {
		return s.target.Exit()
	}
	return s.target.EndedAs(s.c.ctx)
}

func (s *Server) killedFromOutside() bool {
	status, ended := s.target.EndedAs(s.c.ctx)
	return ended && !s.ended && s.target.Host().Overgrown() == 0 && !s.target.Host().OutOfMemory() &&
		status.Signaled() && status.Signal() == unix.SIGKILL
}

// learnIdle waits until the freshly started tree has come to rest, so that
// prefork workers are known from the children of a connection.
func (s *Server) learnIdle() { s.idle = s.rest() }

// Serve connects n clients one after another, as serveOne does; all stay
// connected. The server is at rest then: its parent is back in accept.
func (s *Server) Serve(n int) Group {
	g := make(Group, 0, n)
	for range n {
		g = append(g, s.serveOne())
	}
	s.rest()
	if n == 1 {
		s.c.Did("connected %s: it was answered twice", g.names())
	} else {
		s.c.Did("connected %s one after another: each was answered twice", g.names())
	}
	return g
}

// serveOne connects a client and has it speak and be answered twice, so that it
// is plain that its connection lasts.
func (s *Server) serveOne() *match.Client {
	c := s.connectOne()
	for range 2 {
		s.say(c)
		s.need(match.Served(c))
	}
	return c
}

// Connect connects n clients one after another; none speaks.
func (s *Server) Connect(n int) Group {
	g := make(Group, 0, n)
	for range n {
		g = append(g, s.connectOne())
	}
	s.c.Did("connected %s", g.names())
	return g
}

func (s *Server) connectOne() *match.Client {
	c := s.dial()
	s.need(match.Connected(c))
	return c
}

// ConnectDeaf connects a client that does not read.
func (s *Server) ConnectDeaf() *match.Client {
	c := s.dial(clients.NeverRead())
	c.NotReading = true
	s.need(match.Connected(c))
	return c
}

// dial begins to connect one client and does not wait for it.
func (s *Server) dial(opts ...clients.Option) *match.Client {
	s.dialled++
	c := &match.Client{
		Client: clients.StartConnect(s.c.ctx, s.target, append(opts, clients.Ringing(&s.bell))...),
		Name:   fmt.Sprintf("client %d", s.dialled),
	}
	s.clients = append(s.clients, c)
	s.c.Cleanup(c.Reset)
	return c
}

// Children gives the processes that serve the clients, one each. A server
// that serves them in processes that were there before has none.
func (s *Server) Children(g Group) []observe.ProcessID {
	own := s.see(match.Descriptors).Children()
	children := make([]observe.ProcessID, 0, len(g))
	for _, c := range g {
		child, found := own[c]
		if !found {
			s.c.NotApplicable("no process of its own serves %s (%v): the server makes no child process for a connection",
				c.Name, c.Address())
		}
		children = append(children, child)
	}
	return children
}

// Parents are the processes that listen and were there before the first client.
func (s *Server) Parents() []observe.Process { return s.see(match.Descriptors).Listeners() }

// Address is where the server listens.
func (s *Server) Address() netip.AddrPort { return s.target.Listening }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
