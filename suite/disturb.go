package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// Freeze stops the processes that listen, so that their children end without
// being waited for. Calling what it returns lets them go on.
func (s *Server) Freeze() (thaw func()) { return s.freeze("the parent", processIDs(s.Parents())) }

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
		thaws = append(thaws, s.freeze("the server", processIDs(more)))
		for _, p := range more {
			stopped[p.ID] = true
		}
	}
}

func (s *Server) freeze(who string, processes []observe.ProcessID) (thaw func()) {
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
	// A server at rest with none pending only waits for the next signal. With one
	// pending it takes no more, as in a handler that blocks: the storm is over.
	for resting := true; resting; {
		scene, why := s.await(match.Over("every signal is taken", over), whenFinal)
		resting = (why == atRest || why == plateaued) && !takesNoMore(scene, parent.ID, sig)
	}
	cancel()
	<-over
	if err != nil && !errors.Is(err, faults.ErrGone) && !errors.Is(err, context.Canceled) {
		s.c.CannotJudge("%s could not be sent to process %d: %v", unix.SignalName(sig), parent.ID.PID, err)
	}
	s.c.Did("sent %d %s to process %d, each taken before the next", taken, unix.SignalName(sig), parent.ID.PID)
}

// takesNoMore says whether a process at rest has the signal pending, or is gone.
func takesNoMore(scene match.Scene, id observe.ProcessID, sig unix.Signal) bool {
	p, found := scene.Picture.Find(id)
	return !found || !p.Alive() || p.Signals.Pending.Has(sig)
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
	for _, p := range s.rest().Live() {
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

func target(id observe.ProcessID) faults.Process { return faults.Process{PID: id.PID, Start: id.Start} }

func targetsOf(ids []observe.ProcessID) []faults.Process {
	list := make([]faults.Process, len(ids))
	for i, id := range ids {
		list[i] = target(id)
	}
	return list
}

func processIDs(processes []observe.Process) []observe.ProcessID {
	ids := make([]observe.ProcessID, len(processes))
	for i, p := range processes {
		ids[i] = p.ID
	}
	return ids
}
