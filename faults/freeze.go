package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/value"
	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/internal/proc"
)

// freezeKind stops the processes for a time.
var freezeKind = Kind{
	Name:  "freeze",
	Forms: []Form{{"DURATION", "stop the server (SIGSTOP), and continue it", "freeze=50ms"}},
	Make: func(text string) (Action, error) {
		d, err := value.Duration("freeze", text)
		return freezing(d, nothing), err
	},
}

// freezing returns the fault that stops the processes for a time and meanwhile
// does something to the server.
func freezing(d time.Duration, meanwhile func(context.Context, Server) (Undo, error)) Action {
	return Action{Lasts: d, Stops: true, Do: func(ctx context.Context, s Server) (Undo, error) {
		processes, err := s.Processes()
		if err != nil || len(processes) == 0 {
			return nil, err
		}
		thaw, err := Freeze(ctx, processes...)
		if err != nil {
			return nil, err
		}
		undo, err := meanwhile(ctx, s)
		if err != nil {
			return nil, errors.Join(err, thaw())
		}
		for _, p := range processes {
			s.Hit(p.PID, "SIGSTOP", fmt.Sprintf("for %v", d))
		}
		return func() error { return undoAll([]Undo{thaw, undo}) }, nil
	}}
}

// nothing is a Noop that is given the server.
func nothing(ctx context.Context, _ Server) (Undo, error) { return Noop(ctx) }

// Freeze sends SIGSTOP to processes and returns when every thread of each was seen
// in state T (proc_pid_stat(5)): a stop is asynchronous. Name parents before their
// children: a thread that waits for its vfork child cannot stop before that child
// runs on (vfork(2)). To the processes it is as Ctrl-Z, but none can catch or
// ignore it; the Undo continues them as fg does, the last first, but those that
// were stopped before. A process that has ended is left out; when all have, the
// error is ErrGone. When ctx is done before all have stopped, Freeze continues
// them; the error names the thread that had not stopped and wraps the cause.
func Freeze(ctx context.Context, processes ...Process) (Undo, error) {
	var group []*stopping
	thaw := once(func() error { return continueAll(group) })
	var gone error
	stopped := 0
	for _, p := range processes {
		s, err := sendStop(p)
		if s != nil {
			group = append(group, s)
		}
		if err == nil {
			err = s.await(ctx)
		}
		switch {
		case err != nil:
			return nil, errors.Join(err, thaw())
		case s.gone:
			gone = &process.GoneError{Process: p, Op: "freeze"}
		default:
			stopped++
		}
	}
	if stopped == 0 && gone != nil {
		return nil, cmp.Or(thaw(), gone)
	}
	return thaw, nil
}

// A stopping is one process that was sent SIGSTOP.
type stopping struct {
	process Process
	handle  *process.Handle // nil when the process had ended at once
	already bool            // it was stopped before
	gone    bool
}

// sendStop sends SIGSTOP to a process that is not stopped already.
func sendStop(p Process) (*stopping, error) {
	h, err := process.Open(p)
	if errors.Is(err, ErrGone) {
		return &stopping{process: p, gone: true}, nil
	}
	if err != nil {
		return nil, err
	}
	s := &stopping{process: p, handle: h}
	if s.already, _, err = isStopped(p); err == nil && !s.already {
		err = h.Signal(unix.SIGSTOP)
	}
	return s, s.noteGone(err)
}

// await waits until every thread is stopped, or the process has ended.
func (s *stopping) await(ctx context.Context) error {
	if s.gone {
		return nil
	}
	var last procfile.Thread
	err := poll.Quick.Until(ctx, func() (bool, error) {
		if ended, err := s.handle.Ended(); ended || err != nil {
			s.gone = ended
			return ended, err
		}
		// Twice: the second look sees a thread that was made during the first. A
		// thread that has a signal pending makes no more.
		for range 2 {
			all, running, err := isStopped(s.process)
			if !all || err != nil {
				last = running
				err = s.noteGone(err)
				return s.gone, err
			}
		}
		return true, nil
	})
	if err == nil {
		return nil
	}
	op := "SIGSTOP: wait for state T"
	if last.TID != 0 {
		op += fmt.Sprintf(": thread %d is in state %c", last.TID, last.State)
	}
	return process.Failed(op, s.process, err)
}

// noteGone notes an error that says that the process has ended, and returns
// every other.
func (s *stopping) noteGone(err error) error {
	if errors.Is(err, ErrGone) {
		s.gone = true
		return nil
	}
	return err
}

// resume continues the process and releases it.
func (s *stopping) resume() error {
	if s.handle == nil {
		return nil
	}
	if !s.already {
		trace.CatchUp()
		if err := process.UnlessGone(s.handle.Signal(unix.SIGCONT)); err != nil {
			return err
		}
	}
	h := s.handle
	s.handle = nil
	return h.Close()
}

// continueAll continues the last first: children before their parents.
func continueAll(list []*stopping) error {
	var errs []error
	for i := len(list) - 1; i >= 0; i-- {
		errs = append(errs, list[i].resume())
	}
	return errors.Join(errs...)
}

// isStopped reports whether every thread of a process is in state T, or in the stop of the
// tracer that watches it, which stands for that.
func isStopped(p Process) (all bool, running procfile.Thread, err error) {
	if all, running, err = procfile.Stopped(p.PID); err != nil {
		err = process.Failed("read thread", p, err)
	}
	if !all && err == nil && running.State == proc.TraceStop {
		all = trace.Halted(p.PID)
	}
	return all, running, err
}
