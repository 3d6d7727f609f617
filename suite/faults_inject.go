package suite

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
// hold no more than before the fault.
//
// What fails in the control is not the fault's doing. Where the control shows
// that the call is not made at all, the requirement does not apply.
func (s *Server) Experiment(fault trace.Injection, steps func(trace.Injection)) {
	control := fault
	// Without a limit: of several workers that wait in one call, any may be the
	// one that comes back from it.
	control.Errno, control.Short, control.Delay, control.Times = 0, 0, 0, 0
	var before observe.Picture
	s.c.control(tracedControl, func() { steps(control); before = s.allLeave() })
	steps(fault)
	s.ExpectNothingLeft(before)
}

const (
	// tracedControl is the control of an injection. To attach is not without
	// effect on every call: that is then what the server breaks on.
	tracedControl = "in the control, where a tracer lets every call pass (as after SIGCONT, epoll_wait and calls under SO_RCVTIMEO return EINTR, signal(7))"
	plainControl  = "in the control, without any fault"
)

// control does steps that no fault disturbs. What fails in them is no finding
// about the fault: the verdict is error, or not-run when another requirement
// shows what is wrong.
func (c *Case) control(how string, steps func()) {
	defer func() {
		recovered := recover()
		ended, ok := recovered.(stop)
		if ok && ended.verdict == report.Fail {
			ended.verdict, ended.collateral = report.Error, true
			ended.finding.Found = how + ": " + ended.finding.Found
			recovered = ended
		}
		if recovered != nil {
			panic(recovered)
		}
	}()
	steps()
	c.Did("that was the control, the same steps without the fault")
}

// Armed is an injection at work.
type Armed struct {
	*trace.Injected
	s       *Server
	rule    trace.Injection
	aim     string
	control bool
	// uncaught: the processes catch no signal, so that EINTR cannot come as they are.
	uncaught bool
}

// Inject arms an injection in processes of the server; it is disarmed when the
// spec ends, or by Disarm.
func (s *Server) Inject(rule trace.Injection, processes ...observe.ProcessID) *Armed {
	injected, err := trace.Inject(s.c.ctx, targetsOf(processes), rule)
	var refused *trace.NotTraceable
	if errors.As(err, &refused) {
		s.c.CannotJudge("%v", refused)
	}
	s.mustReach(err, "process "+pidsOf(processes))
	s.c.Cleanup(func() { _ = injected.Undo() })
	return &Armed{
		Injected: injected, s: s, rule: rule, aim: pidsOf(processes),
		control: rule.Errno == 0 && rule.Short == 0 && rule.Delay == 0,
	}
}

// Hits sees the fault hit calls that a client brings about: as many as it
// should, or as many as the server makes.
func (a *Armed) Hits(by *match.Client) {
	hits := func() int { return len(a.Injected.Hits()) }
	m := match.Hit(hits, max(a.rule.Times, 1), by)
	scene, why := a.s.await(m, whenSettled)
	switch {
	case hits() > 0:
	case by.Served():
		a.missed(by)
	default:
		a.s.c.fallShort(a.s.explain(m, scene, why))
	}
}

// untroubled gives the server of a control what a delay denies it: it comes to
// rest before anything more is asked of it. A fork that the tracer lets pass may
// take as long as one that it holds back, when the machine is busy.
func (a *Armed) untroubled() {
	if a.control {
		a.s.rest()
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
		a.s.c.blameTheMachine()
		a.s.c.CannotJudge("the fault did not end: %v", a.s.c.ctx.Err())
	}
}

// Disarm ends the injection and tells what it hit.
func (a *Armed) Disarm() {
	if err := a.Undo(); err != nil {
		a.s.c.CannotJudge("the fault could not be undone: %v", err)
	}
	a.tell()
}

// tell notes what was hit so far.
func (a *Armed) tell() {
	if hits := a.Injected.Hits(); len(hits) > 0 {
		a.s.c.Did("%s", toldOf(hits))
	}
}

// missed ends the spec: a client was served, and the call was not made.
func (a *Armed) missed(by *match.Client) {
	switch {
	case a.rule.Short > 0:
		a.s.c.NotApplicable("process %s never asked to %s more than %d bytes at a time", a.aim, a.rule.Family, a.rule.Short)
	case !a.control:
		panic(stop{verdict: report.Error, collateral: true, finding: match.Finding{
			Found: fmt.Sprintf("the fault did not hit: process %s did not call %s for %s, but had in the control",
				a.aim, a.rule.Family, by.Name),
		}})
	}
	a.s.c.NotApplicable("%s was served, and process %s made no call of the family %q for it", by.Name, a.aim, a.rule.Family)
}

// toldOf says what was hit: "sendto of process 812 on FD 4: EINTR (2 times)".
func toldOf(hits []trace.Hit) string {
	var told []string
	for _, h := range hits {
		one := fmt.Sprintf("%s of process %d: %s", h.Call, h.PID, h.Injected)
		if h.FD >= 0 {
			one = fmt.Sprintf("%s of process %d on FD %d: %s", h.Call, h.PID, h.FD, h.Injected)
		}
		told = append(told, one)
	}
	var parts []string
	for len(told) > 0 {
		n := 1
		for n < len(told) && told[n] == told[0] {
			n++
		}
		part := told[0]
		if n > 1 {
			part += fmt.Sprintf(" (%d times)", n)
		}
		parts, told = append(parts, part), told[n:]
	}
	return strings.Join(parts, ", ")
}

// holders are the processes that hold a client's connection, and its socket.
func (s *Server) holders(c *match.Client) (ids []observe.ProcessID, socket observe.Socket, fd int) {
	s.need(match.Accepted(c))
	s.rest() // the parent may be about to close its copy
	held := s.see(match.Descriptors).Holders(c)
	if len(held) == 0 {
		s.c.CannotJudge("no process holds the connection of %s (%v)", c.Name, c.Address())
	}
	for _, h := range held {
		if !slices.Contains(ids, h.Process) {
			ids = append(ids, h.Process)
		}
	}
	return ids, held[0].Socket, held[0].FD
}

// acceptors are the processes that hold a listening socket, and so may be the
// next to accept: the parent, and children that kept the socket.
func (s *Server) acceptors() []observe.ProcessID {
	s.parent()
	var ids []observe.ProcessID
	for _, h := range s.see(match.Descriptors).Picture.Listening() {
		if !slices.Contains(ids, h.Process) {
			ids = append(ids, h.Process)
		}
	}
	return ids
}

func pidsOf(list []observe.ProcessID) string {
	texts := make([]string, len(list))
	for i, id := range list {
		texts[i] = fmt.Sprint(id.PID)
	}
	if len(texts) > 4 {
		texts = append(texts[:3], fmt.Sprintf("and %d more", len(list)-3))
	}
	return strings.Join(texts, ", ")
}

// failing is an injection that has calls fail.
func failing(call trace.Family, errno unix.Errno, times int) trace.Injection {
	return trace.Injection{Family: call, Errno: errno, Times: times}
}
