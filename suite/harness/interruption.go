package harness

import (
	"fmt"
	"slices"

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
