package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// Processes are some processes of the server that are disturbed together.
type Processes struct {
	s *Server
	// name says in a sentence which they are: "the parent", "child 812".
	name string
	ids  []observe.ProcessID
}

// Parents returns the processes that listen and were there before the first client,
// the topmost first: the one started, or the daemon that it left behind.
func (s *Server) Parents() Processes {
	parents := idsOf(s.See(match.Descriptors).Listeners())
	if len(parents) == 0 {
		s.c.FallShort(match.Finding{
			Expected: "a process of the server listens",
			Found:    "none does" + endedHow(s.See(match.Everything)),
		})
	}
	return Processes{s, "the parent", parents}
}

// Acceptors returns the processes that hold a listening socket, and so may be the
// next to accept: the parent, and children that kept the socket.
func (s *Server) Acceptors() Processes {
	s.Parents() // there is one, or the spec ends
	var ids []observe.ProcessID
	for _, h := range s.See(match.Descriptors).Picture.Listening() {
		if !slices.Contains(ids, h.Process) {
			ids = append(ids, h.Process)
		}
	}
	return Processes{s, "process " + pids(ids), ids}
}

// Child returns a child that serves a client.
func (s *Server) Child(id observe.ProcessID) Processes {
	return Processes{s, fmt.Sprintf("child %d", id.PID), []observe.ProcessID{id}}
}

// Disposition returns what the first of the processes does with a signal: "caught",
// "ignored" or "default", signal(7).
func (p Processes) Disposition(sig unix.Signal) string {
	process, _ := p.s.See(match.Everything).Picture.Find(p.ids[0])
	return observe.Disposition(process, sig)
}

// All returns every process that the server has now.
func (s *Server) All() Processes {
	return Processes{s, "the server", idsOf(s.See(match.Processes).Picture.Live())}
}

// Freeze stops the processes and sees them stopped. What it returns lets them go
// on; they go on in any case when the spec ends.
func (p Processes) Freeze() (thaw func()) {
	thaw, err := p.freeze()
	p.mustReach(err, "could not be stopped")
	return thaw
}

func (p Processes) freeze() (thaw func(), err error) {
	undo, err := faults.Freeze(p.s.c.ctx, targetsOf(p.ids)...)
	if err != nil {
		return nil, err
	}
	p.s.c.Did("stopped %s (SIGSTOP; state T seen)", p.name)
	p.s.c.Cleanup(func() { _ = undo() })
	return func() {
		did := "let " + p.name + " go on (SIGCONT)"
		if err := undo(); err != nil {
			p.s.c.CannotJudge("could not %s: %v", did, err)
		}
		p.s.c.Did("%s", did)
	}, nil
}

// mostRounds is how often FreezeAll stops what was forked while it stopped the others.
const mostRounds = 50

// FreezeAll stops every process of the server, as Ctrl-Z does: also those that were
// forked while it stopped the others, unless they have ended before it comes to them. What
// it returns lets all of them go on.
func (p Processes) FreezeAll() (thaw func()) {
	thaws := []func(){p.Freeze()}
	seen := slices.Clone(p.ids)
	for round := 0; ; round++ {
		more := p.s.All()
		more.ids = slices.DeleteFunc(more.ids, func(id observe.ProcessID) bool { return slices.Contains(seen, id) })
		if len(more.ids) == 0 {
			break
		}
		if round == mostRounds {
			p.s.c.CannotJudge("its processes fork others faster than all of them can be stopped")
		}
		seen = append(seen, more.ids...)
		thaw, err := more.freeze()
		if errors.Is(err, faults.ErrGone) {
			continue
		}
		p.mustReach(err, "could not be stopped")
		thaws = append(thaws, thaw)
	}
	return func() {
		for _, thaw := range slices.Backward(thaws) {
			thaw()
		}
	}
}

// Hold stops every process of the server, so that a client can do several things before
// the server sees the first. One that breaks on SIGCONT is not held.
func (c *Case) Hold(s *Server) (goOn func(), held bool) {
	c.held = true
	if c.unheld {
		c.Did("did not stop the server, as it breaks on that (%s)", stopContinue)
		return func() {}, false
	}
	return s.All().FreezeAll(), true
}

// Kill ends the processes with SIGKILL and sees them dead.
func (p Processes) Kill() {
	for _, id := range p.ids {
		if err := faults.Kill(p.s.c.ctx, target(id)); err != nil && !errors.Is(err, faults.ErrGone) {
			p.s.c.CannotJudge("%s could not be killed: %v", p.name, err)
		}
	}
	p.s.c.Did("killed %s (SIGKILL)", p.name)
}

// KillForGood is Kill for processes that the spec does not need any more.
func (p Processes) KillForGood() {
	p.s.view.ended = true
	p.Kill()
}

// Signal sends a signal to the first of the processes and sees it taken.
func (p Processes) Signal(sig unix.Signal) {
	taken, err := faults.Signal(p.s.c.ctx, target(p.ids[0]), sig)
	if err != nil && !errors.Is(err, faults.ErrGone) {
		p.s.c.CannotJudge("%s could not be sent to process %d: %v", unix.SignalName(sig), p.ids[0].PID, err)
	}
	p.s.c.Did("sent %s to process %d (%s)", unix.SignalName(sig), p.ids[0].PID, taken)
}

// AskToEnd sends a signal that asks the server to end, so that it may.
func (p Processes) AskToEnd(sig unix.Signal) {
	p.Signal(sig)
	p.s.view.ended = true
}

// Storm sends a signal to the first of the processes n times, each taken before the
// next.
func (p Processes) Storm(sig unix.Signal, n int) {
	ctx, cancel := context.WithCancel(p.s.c.ctx)
	var taken int
	var err error
	over := make(chan struct{})
	crash.Go(func() {
		defer close(over)
		taken, err = faults.Storm(ctx, target(p.ids[0]), sig, n)
	})
	// A sleeping server with none pending only waits for the next signal. With one
	// pending it takes no more, as in a handler that blocks: the storm is over.
	for sleeping := true; sleeping; {
		snapshot, why := p.s.wait.await(match.Over("every signal is taken", over), whenFinal)
		sleeping = (why.sleeps() || why == timersUp) && !takesNoMore(snapshot, p.ids[0], sig)
	}
	cancel()
	<-over
	if err != nil && !errors.Is(err, faults.ErrGone) && !errors.Is(err, context.Canceled) {
		p.s.c.CannotJudge("%s could not be sent to process %d: %v", unix.SignalName(sig), p.ids[0].PID, err)
	}
	p.s.c.Did("sent %d %s to process %d, each taken before the next", taken, unix.SignalName(sig), p.ids[0].PID)
}

// takesNoMore says whether a sleeping process has the signal pending, or has ended.
func takesNoMore(snapshot match.Snapshot, id observe.ProcessID, sig unix.Signal) bool {
	p, found := snapshot.Picture.Find(id)
	return !found || !p.Alive() || p.Signals.Pending.Has(sig)
}

// LimitDescriptors leaves each process room for spare descriptors above the highest it holds.
func (p Processes) LimitDescriptors(spare int) {
	now := p.s.Rest()
	p.s.c.disturbed = true
	for _, id := range p.ids {
		process, _ := now.Find(id)
		highest := 0
		for _, d := range process.Descriptors {
			highest = max(highest, d.FD)
		}
		limit := highest + 1 + spare
		undo, err := faults.DescriptorLimit(target(id), uint64(limit))
		if errors.Is(err, faults.ErrGone) {
			continue
		}
		if err != nil {
			p.s.c.CannotJudge("RLIMIT_NOFILE of process %d could not be set: %v", id.PID, err)
		}
		p.s.c.Cleanup(func() { _ = undo() })
		p.s.c.Did("set RLIMIT_NOFILE of process %d to %d; its highest descriptor is %d", id.PID, limit, highest)
	}
}

// NoDescriptors leaves a process no free descriptor below its limit.
func NoDescriptors(t faults.Process) faults.Fault {
	return func(context.Context) (faults.Undo, error) {
		lowest, err := faults.LowestFreeDescriptor(t)
		if err != nil {
			return nil, err
		}
		return faults.DescriptorLimit(t, uint64(lowest))
	}
}

// Apply applies a fault to each process while all are stopped: an accept that is blocked has its
// descriptor already, and asks for one anew when it goes on. The server sleeps before that: a
// parent that has not yet closed its copy of a connection would have a descriptor to spare
// later. What it returns undoes it.
func (p Processes) Apply(fault func(faults.Process) faults.Fault) (undo func()) {
	thaw := p.Freeze()
	var undos []faults.Undo
	p.s.c.disturbed = true
	for _, id := range p.ids {
		one, err := fault(target(id))(p.s.c.ctx)
		p.mustReach(err, "could not be reached by the fault")
		p.s.c.Cleanup(func() { _ = one() })
		undos = append(undos, one)
	}
	thaw()
	return func() {
		for _, undo := range undos {
			if err := undo(); err != nil {
				p.s.c.CannotJudge("the fault could not be undone: %v", err)
			}
		}
	}
}

// mustReach ends the spec when something could not be done to a process: it has
// ended by itself, or the machine does not allow it.
func (p Processes) mustReach(err error, failed string) {
	switch {
	case err == nil:
	case errors.Is(err, faults.ErrGone):
		p.s.c.FallShort(match.Finding{
			Expected: p.name + " is alive",
			Found:    fmt.Sprintf("it has ended: %v%s", err, endedHow(p.s.See(match.Everything))),
		})
	default:
		p.s.c.CannotJudge("%s %s: %v", p.name, failed, err)
	}
}

func target(id observe.ProcessID) faults.Process { return faults.Process{PID: id.PID, Start: id.Start} }

func targetsOf(ids []observe.ProcessID) []faults.Process {
	list := make([]faults.Process, len(ids))
	for i, id := range ids {
		list[i] = target(id)
	}
	return list
}

func idsOf(processes []observe.Process) []observe.ProcessID {
	ids := make([]observe.ProcessID, len(processes))
	for i, p := range processes {
		ids[i] = p.ID
	}
	return ids
}

// pids lists the first few process IDs.
func pids(list []observe.ProcessID) string {
	texts := make([]string, len(list))
	for i, id := range list {
		texts[i] = fmt.Sprint(id.PID)
	}
	if len(texts) > 4 {
		texts = append(texts[:3], fmt.Sprintf("and %d more", len(list)-3))
	}
	return strings.Join(texts, ", ")
}
