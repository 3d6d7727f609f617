package harness

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// A BlockingCall is a call of the server that a signal may interrupt.
type BlockingCall struct {
	Family trace.Family
	// Timeout is the option of its socket with which the kernel restarts it after no
	// handler, whatever its flags (signal(7)).
	Timeout int
}

// WhyNoEINTR starts the server again and says why no signal that it catches, and that
// matters, makes the kernel return EINTR from a call: from accept, or from a call on a
// connection. It returns "" when one does.
func (c *Case) WhyNoEINTR(call BlockingCall, matters func(unix.Signal) bool) (why string) {
	c.server.End()
	c.Did("started it again to see which signals interrupt %s", call.Family)
	o := attempt(func() { why = c.whyNoEINTR(c.Launch(), call, matters) })
	if o.finding.Found != "" { // it stands that the call failed, not that it can
		c.checkMachine()
		return "whether a signal can interrupt it could not be seen: " + o.finding.Found
	}
	return why
}

func (c *Case) whyNoEINTR(s *Server, call BlockingCall, matters func(unix.Signal) bool) string {
	who, held := s.Parents(), s.See(match.Descriptors).Picture.Listening()[0]
	if call.Family != trace.Accept {
		who, held = s.holders(s.Serve(1)[0])
	}
	caught := false
	picture := s.See(match.Everything).Picture
	for _, id := range who.ids {
		p, _ := picture.Find(id)
		list := slices.DeleteFunc(p.Signals.Caught.Signals(), func(sig unix.Signal) bool { return !matters(sig) })
		if len(list) == 0 {
			continue
		}
		caught = true
		interrupting, err := c.notRestarting(id, held, call, list)
		if err != nil {
			return fmt.Sprintf("whether a signal can interrupt it could not be seen: %v", err)
		}
		if len(interrupting) > 0 {
			c.Did("process %d catches %s, after which the kernel does not restart %s", id.PID, unix.SignalName(interrupting[0]), call.Family)
			return ""
		}
	}
	if !caught {
		return fmt.Sprintf("%s catches no signal after which it goes on, so nothing interrupts %s", who.name, call.Family)
	}
	return fmt.Sprintf("each signal handler of %s has SA_RESTART, and Linux calls %s again after it", who.name, call.Family)
}

// notRestarting returns those of the signals after which the kernel does not restart a
// call of a process.
func (c *Case) notRestarting(id observe.ProcessID, held observe.Holding, call BlockingCall, caught []unix.Signal) ([]unix.Signal, error) {
	timeout, err := observe.SocketTimeout(held.Process, held.FD, call.Timeout)
	if err != nil || timeout > 0 {
		return caught, err
	}
	return trace.NotRestarting(c.ctx, target(id), caught)
}

// Catches ends the spec, as not applicable, when none of the processes has a handler for
// a signal.
func (p Processes) Catches(sig unix.Signal) {
	picture := p.s.See(match.Everything).Picture
	if !slices.ContainsFunc(p.ids, func(id observe.ProcessID) bool {
		process, _ := picture.Find(id)
		return process.Signals.Caught.Has(sig)
	}) {
		p.s.c.NotApplicable("%s has no handler for %s", p.name, unix.SignalName(sig))
	}
}

// A ReturnHeld is a call that has failed, and whose thread is stopped where it has
// returned into the program.
type ReturnHeld struct {
	*Armed
	// Release lets the thread go on. The signals that wait for it are delivered first.
	Release func()
}

// FailsHeld has the call fail in which the processes wait for clients, and holds it at
// its return. A spec for which no such place can be found does not apply.
func (p Processes) FailsHeld(errno unix.Errno) ReturnHeld {
	hold := make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	p.s.c.Cleanup(release)
	rule := Failing(p.waitsIn(), errno, 1)
	rule.Hold = hold
	return ReturnHeld{p.Inject(rule), release}
}

// waitsIn returns the family of the call in which the first of the processes waits for
// clients.
func (p Processes) waitsIn() trace.Family {
	process, _ := p.s.Rest().Find(p.ids[0])
	for _, task := range process.Tasks {
		switch name := task.Call.Name; {
		case task.Call.Accepts():
			return trace.Accept
		case strings.Contains(name, "poll"), strings.Contains(name, "select"):
			return trace.Poll
		}
	}
	p.s.c.NotApplicable("%s waits for clients in no call of which errno tells how it ended", p.name)
	return ""
}

// Hit is Armed.Hit for a call that is held.
func (r ReturnHeld) Hit(by *match.Client) {
	hits := func() int { return len(r.Hits()) }
	r.s.wait.await(match.Hit(hits, 1, by), whenAsleep)
	var none *trace.NoLibrary
	if errors.As(r.Err(), &none) {
		r.s.c.NotApplicable("%v: where it has returned from one cannot be told", none)
	}
	r.Armed.Hit(by)
}

// ReleaseInto lets the thread go on with a handler of a signal that waits for it. A
// spec for which the signal is not delivered there does not apply.
func (r ReturnHeld) ReleaseInto(sig unix.Signal) {
	pid, name := r.Hits()[0].PID, unix.SignalName(sig)
	pending := slices.ContainsFunc(r.s.See(match.Everything).Picture.Processes, func(p observe.Process) bool {
		return p.ID.PID == pid && p.Signals.Pending.Has(sig)
	})
	if !pending {
		r.s.c.NotApplicable("the end of its children sends %s to no handler of process %d", name, pid)
	}
	r.Release()
	r.Over()
	if !slices.ContainsFunc(r.Hits(), func(h trace.Hit) bool { return h.Injected == trace.Delivered+name }) {
		r.s.c.NotApplicable("process %d does not take %s there: it blocks the signal, or another of its threads takes it", pid, name)
	}
	r.s.c.Did("let process %d go on: %s was delivered to it before it could test errno", pid, name)
}
