package harness

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
)

// Experiment does the same steps twice on one server: first the control, with
// an injection that lets the calls pass, and then with the fault. In both, the
// steps say which processes it is for, by Inject. Afterwards the server must
// hold no more than the same steps leave behind in the control.
//
// What fails in the control is not the fault's doing. Where the control shows
// that the call is not made at all, the requirement does not apply.
func (c *Case) Experiment(s *Server, fault trace.Injection, steps func(trace.Injection)) {
	control := fault
	// Without a limit: of several workers that wait in one call, any may be the
	// one that comes back from it.
	control.Errno, control.Short, control.Delay, control.Times = 0, 0, 0, 0
	before := c.Before(s, tracedControl, func() { steps(control) })
	steps(fault)
	s.ExpectNothingLeft(before)
}

const (
	// tracedControl is the control of an injection. To attach is not without
	// effect on every call: that is then what the server breaks on.
	tracedControl = "in the control, where a tracer lets every call pass (as after SIGCONT, epoll_wait and calls under SO_RCVTIMEO return EINTR, signal(7))"
	// PlainControl is the control of a fault that needs no tracer.
	PlainControl = "in the control, without any fault"
)

// Before does the steps of a control and has all clients leave. It returns what the server
// keeps of them.
//
// A server that passes all that the requirement builds on gets the fault without a control.
// When it stands that, and keeps nothing at all, there is nothing to tell from one; else the
// spec is run again, with it.
func (c *Case) Before(s *Server, how string, steps func()) Baseline {
	before := Baseline{Picture: s.view.idle}
	if c.uncontrolled = !c.controlled && c.config.Tracing == nil && c.sound(); !c.uncontrolled {
		c.Control(how, func() { steps(); before = s.AllLeave() })
	}
	return before
}

// Control does steps that no fault disturbs. What fails in them is no finding about
// the fault: the verdict is error, or not-run when a requirement that this one builds
// on owns the failure.
func (c *Case) Control(how string, steps func()) {
	switch o := attempt(steps); o.verdict {
	case report.Pass:
		c.Did("that was the control, the same steps without the fault")
	case report.Fail:
		o.verdict, o.shortfall = report.Error, true
		o.finding.Found = how + ": " + o.finding.Found
		panic(o)
	default:
		panic(o)
	}
}

// Failing returns an injection that has calls fail.
func Failing(call trace.Family, errno unix.Errno, times int) trace.Injection {
	return trace.Injection{Family: call, Errno: errno, Times: times}
}

// Armed is an injection at work.
type Armed struct {
	*trace.Injected
	s       *Server
	rule    trace.Injection
	aim     Processes
	control bool
}

// Inject arms an injection in the processes; it is disarmed when the spec ends, or
// by Disarm.
func (p Processes) Inject(rule trace.Injection) *Armed {
	injected, err := trace.Inject(p.s.c.ctx, targetsOf(p.ids), rule)
	var refused *trace.NotTraceable
	if errors.As(err, &refused) {
		p.s.c.CannotJudge("%v", refused)
	}
	p.mustReach(err, "could not be given the fault")
	p.s.c.Cleanup(func() { _ = injected.Undo() })
	p.s.c.armed, p.s.c.disturbed = append(p.s.c.armed, injected), true
	return &Armed{
		Injected: injected, s: p.s, rule: rule, aim: p,
		control: rule.Errno == 0 && rule.Short == 0 && rule.Delay == 0,
	}
}

// OnConnection injects into the calls that the processes which hold a client's
// connection make on it.
func (s *Server) OnConnection(f trace.Injection, c *match.Client) *Armed {
	holders, held := s.holders(c)
	if f.Errno == unix.EINTR && s.c.NonBlocking(held) {
		s.c.NotApplicable("the connection does not block (O_NONBLOCK), and a call that does not wait is not interrupted")
	}
	f.On = trace.Socket(uint64(held.Socket.Inode))
	return holders.Inject(f)
}

// holders returns the processes that hold a client's connection once the server
// sleeps, and where the first of them has it.
func (s *Server) holders(c *match.Client) (Processes, observe.Holding) {
	s.Needs(match.Accepted(c))
	s.Rest() // the parent may be about to close its copy
	held := s.See(match.Descriptors).Holders(c)
	if len(held) == 0 {
		s.c.CannotJudge("no process holds the connection of %s (%v)", c.Name, c.Address())
	}
	var ids []observe.ProcessID
	for _, h := range held {
		if !slices.Contains(ids, h.Process) {
			ids = append(ids, h.Process)
		}
	}
	return Processes{s, "process " + pids(ids), ids}, held[0]
}

// NonBlocking says whether a descriptor of a process does not block.
func (c *Case) NonBlocking(h observe.Holding) bool {
	blocks, err := observe.Blocking(h.Process, h.FD)
	if err != nil {
		c.CannotJudge("whether descriptor %d of process %d blocks cannot be seen: %v", h.FD, h.Process.PID, err)
	}
	return !blocks
}

// Shortens says whether the injection cuts the transfers of a call short.
func (a *Armed) Shortens() bool { return a.rule.Short > 0 }

// Hit sees the fault hit calls that a client brings about: as many as it
// should, or as many as the server makes.
func (a *Armed) Hit(by *match.Client) {
	hits := func() int { return len(a.Hits()) }
	m := match.Hit(hits, max(a.rule.Times, 1), by)
	snapshot, why := a.s.wait.await(m, whenAsleep)
	switch {
	case hits() > 0:
	case a.s.See(match.Everything).Served(by):
		a.missed(by)
	default:
		a.s.c.FallShort(a.s.view.explain(m, snapshot, why))
	}
}

// RestInControl waits until the server of a control sleeps, as it cannot under the
// delay. A fork that the tracer lets pass may
// take as long as one that it holds back, when the machine is busy.
func (a *Armed) RestInControl() {
	if a.control {
		a.s.Rest()
	}
}

// Over waits until the injection has hit as often as it should, with all that
// it does: a delay is over then. A control delays nothing.
func (a *Armed) Over() {
	if a.control {
		return
	}
	select {
	case <-a.Done():
	case <-a.s.c.ctx.Done():
		a.s.c.checkMachine()
		a.s.c.CannotJudge("the fault did not end: %v", a.s.c.ctx.Err())
	}
}

// Disarm ends the injection and tells what it hit.
func (a *Armed) Disarm() {
	if err := a.Undo(); err != nil {
		a.s.c.CannotJudge("the fault could not be undone: %v", err)
	}
	a.Tell()
}

// Tell notes what was hit so far.
func (a *Armed) Tell() {
	if hits := a.Hits(); len(hits) > 0 {
		a.s.c.Did("%s", listHits(hits))
	}
}

// missed ends the spec: a client was served, and the call was not made.
func (a *Armed) missed(by *match.Client) {
	switch {
	case a.rule.Short > 0:
		a.s.c.NotApplicable("%s never asked to %s more than %d bytes at a time", a.aim.name, a.rule.Family, a.rule.Short)
	case !a.control:
		panic(outcome{verdict: report.Error, shortfall: true, finding: match.Finding{
			Found: fmt.Sprintf("the fault did not hit: %s did not call %s for %s, but had in the control",
				a.aim.name, a.rule.Family, by.Name),
		}})
	}
	a.s.c.NotApplicable("%s was served, and %s made no call of the family %q for it", by.Name, a.aim.name, a.rule.Family)
}

// listHits says what was hit: "sendto of process 812 on FD 4: EINTR (2 times)".
func listHits(hits []trace.Hit) string {
	var texts []string
	for _, h := range hits {
		one := fmt.Sprintf("%s of process %d: %s", h.Call, h.PID, h.Injected)
		if h.FD >= 0 {
			one = fmt.Sprintf("%s of process %d on FD %d: %s", h.Call, h.PID, h.FD, h.Injected)
		}
		texts = append(texts, one)
	}
	var parts []string
	for len(texts) > 0 {
		n := 1
		for n < len(texts) && texts[n] == texts[0] {
			n++
		}
		part := texts[0]
		if n > 1 {
			part += fmt.Sprintf(" (%d times)", n)
		}
		parts, texts = append(parts, part), texts[n:]
	}
	return strings.Join(parts, ", ")
}

// AllLeave has all clients leave, and returns what the server keeps of them. It expects
// that the server listens still.
func (s *Server) AllLeave() Baseline {
	s.allLeave()
	b := Baseline{came: s.dialled, leaks: s.Mismatch(match.NoConnectionLeft()) != nil}
	stay := s.Mismatch(match.NoZombies()) != nil && !s.OneMoreReaps()
	b.Picture = s.forget()
	if stay {
		b.zombies = len(s.See(match.Processes).Zombies())
	}
	if b.leaks || stay {
		s.c.Did("it keeps connections or zombies of its clients: only what the fault adds is judged")
	}
	return b
}

// ExpectNothingLeft has all clients leave and holds the server to keeping no more of
// them than it does without a fault.
func (s *Server) ExpectNothingLeft(b Baseline) {
	s.c.stood = true
	came := s.dialled - b.came
	s.allLeave()
	if !b.leaks {
		s.Expect(match.NoConnectionLeft())
	}
	switch {
	case !b.Reaps():
	case s.endsByItself() && s.Mismatch(match.NoZombies()) != nil && s.c.fails(Together):
		// Children that ended together leave zombies without the fault as well, or not.
		s.c.Did("how it reaps children that end together is a matter of %s", Together)
	default:
		s.ExpectReaped()
	}
	s.forget()
	leaked := 0
	if b.leaks {
		leaked = match.ConnectionsHeld(b.Picture)
	}
	s.Expect(match.NoMoreSockets(b.Picture, b.share(leaked, came)))
	if !b.Reaps() {
		s.Expect(match.ZombiesAtMost(b.zombies + b.share(b.zombies, came)))
	}
	s.c.Did("all clients left: no more connections and zombies than without the fault")
	s.c.Dismiss()
}
