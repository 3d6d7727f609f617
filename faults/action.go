package faults

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/forkproof/forkproof/faults/trace"
)

// An Action is a fault with its value. It may be done any number of times.
type Action struct {
	// Do disturbs a server. The Undo is nil when there is nothing to undo. When the
	// error is not nil, nothing is left to undo. The error is ErrMissed when the
	// server could not be disturbed this time.
	Do func(context.Context, Server) (Undo, error)
	// Lasts is how long after Do the Undo is due; 0: the rule says it.
	Lasts time.Duration
	// Stops is true when the processes are stopped meanwhile. A traced process
	// cannot be seen to stop: no call is changed as long as the fault lasts.
	Stops bool
	// After makes the fault happen to each process that makes a call of this family,
	// right after the call; empty: at the time of the rule.
	After trace.Family
}

// A Server is what an Action disturbs.
type Server interface {
	// Processes returns those to disturb, parents before their children.
	Processes() ([]Process, error)
	// Dial connects as a client.
	Dial(context.Context) (*net.TCPConn, error)
	// AcceptQueueRoom returns how many connections the accept queue has room for.
	AcceptQueueRoom() (int, error)
	// NetworkSocket opens a socket of the server's network, which the caller owns.
	NetworkSocket(context.Context) (int, error)
	// Hit reports what was done to a process, and how; pid 0 is the whole server.
	Hit(pid int, what, how string)
}

// ErrMissed matches the error of an Action that could not disturb the server this
// time, because of what the server does.
var ErrMissed = errors.New("the fault did not hit")

// onEach returns the Do of a fault that is applied to each process by itself. One
// that has ended is left out. how describes what was done.
func onEach(what string, apply func(context.Context, Process) (undo Undo, how string, err error)) func(context.Context, Server) (Undo, error) {
	return func(ctx context.Context, s Server) (Undo, error) {
		processes, err := s.Processes()
		if err != nil {
			return nil, err
		}
		var undos []Undo
		for _, p := range processes {
			undo, how, err := apply(ctx, p)
			if errors.Is(err, ErrGone) {
				continue
			}
			if err != nil {
				return nil, errors.Join(err, undoAll(undos))
			}
			if undo != nil {
				undos = append(undos, undo)
			}
			s.Hit(p.PID, what, how)
		}
		if len(undos) == 0 {
			return nil, nil
		}
		return func() error { return undoAll(undos) }, nil
	}
}

// undoAll undoes the last fault first.
func undoAll(undos []Undo) error {
	var errs []error
	for i := len(undos) - 1; i >= 0; i-- {
		errs = append(errs, undos[i]())
	}
	return errors.Join(errs...)
}
