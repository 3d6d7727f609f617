package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/internal/poll"
)

// hitLimit guards against a fault that does not come about.
const hitLimit = 10 * time.Second

// apply does once what a rule says that is not about system calls.
func (e *Engine) apply(ctx context.Context, r *entry) error {
	s := &scopedServer{engine: e, rule: r}
	if !r.Action.Stops {
		undo, err := e.do(ctx, r, s)
		e.undoLater(r, undo)
		return err
	}
	e.disarm()
	undo, err := e.do(ctx, r, s)
	if undo != nil {
		poll.Pause(ctx, r.lasts())
		err = undo()
	}
	if err != nil {
		return err
	}
	return e.arm(ctx)
}

// do does an action. A server that has ended, or that the fault has missed, is no
// error.
func (e *Engine) do(ctx context.Context, r *entry, s *scopedServer) (faults.Undo, error) {
	limited, cancel := context.WithTimeout(ctx, hitLimit)
	defer cancel()
	undo, err := r.Action.Do(limited, s)
	switch {
	case errors.Is(err, faults.ErrMissed):
		e.log.say("%s: %v", r.Text, err)
		return nil, nil
	case errors.Is(err, faults.ErrGone):
		return nil, nil
	}
	return undo, err
}

// undoLater undoes a fault when its time is over.
func (e *Engine) undoLater(r *entry, undo faults.Undo) {
	if undo != nil && r.lasts() > 0 {
		e.undos = append(e.undos, dueUndo{time.Now().Add(r.lasts()), r.Text, undo})
	}
}

// applyAfter does an action to the process that has made a call.
func (e *Engine) applyAfter(ctx context.Context, r *entry, hit trace.Hit) {
	s := &scopedServer{engine: e, rule: r, caller: hit.PID, call: describeCall(hit)}
	undo, err := e.do(ctx, r, s)
	e.undoLater(r, undo)
	switch {
	case err != nil:
		s.Hit(hit.PID, "", err.Error())
	case s.hits == 0:
		s.Hit(hit.PID, "", "the process has ended")
	}
}

// describeCall returns "accept4(3)", or "clone" for a call without a descriptor.
func describeCall(hit trace.Hit) string {
	if hit.FD < 0 {
		return hit.Call
	}
	return fmt.Sprintf("%s(%d)", hit.Call, hit.FD)
}
