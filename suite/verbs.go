package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets"
)

// stallBytes is more than all the buffers between a client and a server hold.
const stallBytes = 64 << 20

// say has one client send a line that nobody else sends.
func (s *Server) say(c *match.Client) {
	c.Spoke()
	c.Send(clients.Text(fmt.Sprintf("%s says hello to %v\n", c.Name, s.Address())))
}

// Say has every client of the group send a line of its own.
func (s *Server) Say(g Group) {
	for _, c := range g {
		s.say(c)
	}
	s.c.Did("%s sent a line", g.names())
}

// Close has the clients close their connections, all at the same moment.
func (s *Server) Close(g Group) {
	g.atOnce(func(c *match.Client) { c.Close() })
	s.c.Did("%s closed", g.names())
}

// HalfClose has the clients send their FIN and go on reading.
func (s *Server) HalfClose(g Group) {
	g.atOnce(func(c *match.Client) { c.HalfClose() })
	s.c.Did("%s sent a FIN (shutdown, SHUT_WR)", g.names())
}

// Reset has the clients reset their connections.
func (s *Server) Reset(g Group) {
	g.atOnce(func(c *match.Client) { c.Reset() })
	s.c.Did("%s reset the connection", g.names())
}

// Freeze stops the processes that listen, so that their children end without
// being waited for. Calling what it returns lets them go on.
func (s *Server) Freeze() (thaw func()) { return s.freeze("the parent", s.Parents()) }

// FreezeAll stops every process of the server, as Ctrl-Z does: also those that
// were forked while it stopped the others. Calling what it returns lets all of
// them go on.
func (s *Server) FreezeAll() (thaw func()) {
	stopped := map[observe.ProcessID]bool{}
	var thaws []func()
	for {
		more := slices.DeleteFunc(s.see(match.Processes).Picture.Live(),
			func(p observe.Process) bool { return stopped[p.ID] })
		if len(more) == 0 {
			return func() {
				for _, thaw := range slices.Backward(thaws) {
					thaw()
				}
			}
		}
		thaws = append(thaws, s.freeze("the server", more))
		for _, p := range more {
			stopped[p.ID] = true
		}
	}
}

func (s *Server) freeze(who string, processes []observe.Process) (thaw func()) {
	undo, err := faults.Freeze(s.c.ctx, targetsOf(processes)...)
	s.mustHit(err, who)
	s.c.Did("stopped %s (SIGSTOP; state T seen)", who)
	return s.undo(undo, "let "+who+" go on (SIGCONT)")
}

// StopChild stops one child; calling what it returns lets it go on.
func (s *Server) StopChild(child observe.ProcessID) (goOn func()) {
	undo, err := faults.Freeze(s.c.ctx, target(child))
	s.mustHit(err, fmt.Sprintf("child %d", child.PID))
	s.c.Did("stopped child %d (SIGSTOP; state T seen)", child.PID)
	return s.undo(undo, fmt.Sprintf("let child %d go on (SIGCONT)", child.PID))
}

// mustHit ends the spec when a process could not be stopped: it has ended by
// itself, or the machine does not allow it.
func (s *Server) mustHit(err error, who string) {
	if errors.Is(err, faults.ErrGone) {
		s.c.fallShort(match.Finding{
			Expected: who + " is alive",
			Found:    fmt.Sprintf("it has ended: %v%s", err, endedHow(s.scene())),
		})
	}
	if err != nil {
		s.c.CannotJudge("%s could not be stopped: %v", who, err)
	}
}

// undo gives a function that undoes a fault; it is undone in any case when the
// spec ends.
func (s *Server) undo(undo faults.Undo, did string) func() {
	s.c.Cleanup(func() { _ = undo() })
	return func() {
		if err := undo(); err != nil {
			s.c.CannotJudge("could not %s: %v", did, err)
		}
		s.c.Did("%s", did)
	}
}

// Stall has a client that does not read send until nothing goes out any more
// and the server has come to rest, blocked in its reply.
func (s *Server) Stall(c *match.Client) {
	c.Send(clients.Printable(s.c.seed(64), stallBytes))
	s.rest()
	s.Prove(match.SentOrStalled(c))
	s.c.Did("%s sent and did not read, until nothing went out any more", c.Name)
}

// Kill ends the children with SIGKILL and sees them dead.
func (s *Server) Kill(children ...observe.ProcessID) {
	for _, child := range children {
		if err := faults.Kill(s.c.ctx, target(child)); err != nil && !errors.Is(err, faults.ErrGone) {
			s.c.CannotJudge("child %d could not be killed: %v", child.PID, err)
		}
		s.c.Did("killed child %d (SIGKILL)", child.PID)
	}
}

// SendToParent sends a signal to the process that listens, or to the topmost
// of them, and sees it taken.
func (s *Server) SendToParent(sig unix.Signal) {
	parent := s.parent()
	taken, err := faults.Signal(s.c.ctx, target(parent.ID), sig)
	if err != nil && !errors.Is(err, faults.ErrGone) {
		s.c.CannotJudge("%s could not be sent to process %d: %v", unix.SignalName(sig), parent.ID.PID, err)
	}
	s.c.Did("sent %s to process %d (%s)", unix.SignalName(sig), parent.ID.PID, taken)
}

// Storm sends a signal to the parent n times, each taken before the next.
func (s *Server) Storm(sig unix.Signal, n int) {
	parent := s.parent()
	ctx, cancel := context.WithCancel(s.c.ctx)
	var taken int
	var err error
	over := make(chan struct{})
	go func() {
		defer close(over)
		taken, err = faults.Storm(ctx, target(parent.ID), sig, n)
	}()
	// A handler that blocks takes no further signal: then the storm is over.
	s.Reaches(match.Over("every signal is taken", over))
	cancel()
	<-over
	if err != nil && !errors.Is(err, faults.ErrGone) && !errors.Is(err, context.Canceled) {
		s.c.CannotJudge("%s could not be sent to process %d: %v", unix.SignalName(sig), parent.ID.PID, err)
	}
	s.c.Did("sent %d %s to process %d, each taken before the next", taken, unix.SignalName(sig), parent.ID.PID)
}

// parent is the topmost process that listens: the one started, or the daemon
// that it left behind.
func (s *Server) parent() observe.Process {
	parents := s.Parents()
	if len(parents) == 0 {
		s.c.fallShort(match.Finding{
			Expected: "a process of the server listens",
			Found:    "none does" + endedHow(s.scene()),
		})
	}
	return parents[0]
}

// LimitDescriptors leaves the server's processes room for spare descriptors
// above the highest they hold.
func (s *Server) LimitDescriptors(spare int) {
	for _, p := range s.scene().Picture.Live() {
		highest := 0
		for _, d := range p.Descriptors {
			highest = max(highest, d.FD)
		}
		limit := highest + 1 + spare
		undo, err := faults.DescriptorLimit(target(p.ID), uint64(limit))
		if errors.Is(err, faults.ErrGone) {
			continue
		}
		if err != nil {
			s.c.CannotJudge("RLIMIT_NOFILE of process %d could not be set: %v", p.ID.PID, err)
		}
		s.c.Cleanup(func() { _ = undo() })
		s.c.Did("set RLIMIT_NOFILE of process %d to %d; its highest descriptor is %d", p.ID.PID, limit, highest)
	}
}

// comeAndGo has n clients come, be served and leave, and sees their
// connections gone.
func (s *Server) comeAndGo(n int) {
	for left := n; left > 0; left -= atATime {
		some := make(Group, 0, atATime)
		for range min(left, atATime) {
			// One after another: a short backlog is no fault here.
			one := s.connectOne()
			s.say(one)
			s.need(match.Served(one))
			some = append(some, one)
		}
		s.leaveAndSettle(some)
	}
	s.rest()
	s.c.Did("%s came, were served and left, at most %d at a time", count(n, "client"), atATime)
}

// inTurn does the same n times, once for each client in turn, or for as long
// as Limits.Turns allows. It returns how often it was done.
func (s *Server) inTurn(n int, turn func(i int)) int {
	begin := time.Now()
	for i := range n {
		if time.Since(begin) > s.c.config.Limits.Turns {
			s.c.Did("stopped after %d of %d clients: the server takes its time with each", i, n)
			return i
		}
		turn(i)
	}
	s.c.Did("%d clients came and left, one after another", n)
	return n
}

// leaveAndSettle has clients close, waits until the server has closed its side
// too or never will, and forgets the clients.
func (s *Server) leaveAndSettle(g Group) {
	children := s.see(match.Descriptors).Children()
	g.atOnce(func(c *match.Client) { c.Close() })
	var ids []observe.ProcessID
	for _, c := range g {
		if id, own := children[c]; own {
			ids = append(ids, id)
		}
	}
	s.Reaches(match.All(match.NoConnectionLeft(), match.Dead(ids...)))
	s.clients = slices.DeleteFunc(s.clients, func(c *match.Client) bool { return slices.Contains(g, c) })
}

// rest waits until the tree has come to rest, and gives the picture of it then.
func (s *Server) rest() observe.Picture {
	scene, _ := s.await(match.Never("the server comes to rest"), whenSettled)
	return scene.Picture
}

// End ends the whole tree.
func (s *Server) End() {
	s.ended = true
	if err := s.target.Stop(s.c.ctx); err != nil {
		s.c.CannotJudge("the server could not be ended: %v", err)
	}
	s.c.Did("ended every process of the server (SIGKILL)")
}

// relaunch starts the command again on the same host, where it is expected on
// the given port.
func (c *Case) relaunch(port uint16) (*targets.Server, error) {
	again, err := c.host.StartAt(c.ctx, c.config.Command, port)
	c.Did("started it again on the same network")
	return again, err
}

// takesSamePort says whether the server listens on the same port when it is
// started on a network that nobody used before.
func (c *Case) takesSamePort(first *Server) bool {
	if c.config.Command.TakesPort() {
		return true
	}
	host, err := takeHost(c.ctx, c.config.Limits.Limits)
	if err != nil {
		c.CannotJudge("no place to run the server: %v", err)
	}
	defer closeHost(host)
	again, err := host.Start(c.ctx, c.config.Command)
	if err != nil {
		c.CannotJudge("the server could be started once, but not a second time: %v", err)
	}
	return again.Listening.Port() == first.Address().Port()
}

// ExpectServes holds the server to serving the clients it has and a new one,
// once it has come to rest after what was done to it: a new client that comes
// before a signal is taken would keep poll(2) from being interrupted by it.
func (s *Server) ExpectServes(connected Group) {
	s.rest()
	fresh := s.dial()
	s.Expect(match.Connected(fresh))
	all := append(slices.Clone(connected), fresh)
	for _, c := range all {
		s.say(c)
	}
	s.c.Did("%s spoke, the last of them newly connected", all.names())
	s.Expect(match.Served(all...))
}

// ExpectNever holds the server to m not coming true; expected says what does instead.
func (s *Server) ExpectNever(m match.Matcher, expected string) {
	if _, why := s.await(m, whenFinal); why != seen {
		return
	}
	f := m.Explain(s.scene())
	f.Expected = expected
	s.c.Fail(f)
}

func target(id observe.ProcessID) faults.Target { return faults.Target{PID: id.PID, Start: id.Start} }

func targetsOf(processes []observe.Process) []faults.Target {
	list := make([]faults.Target, len(processes))
	for i, p := range processes {
		list[i] = target(p.ID)
	}
	return list
}
