package schedule

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/observe"
)

// processes returns those of a scope, parents first.
func (e *Engine) processes(scope Scope) ([]faults.Process, error) {
	picture, err := e.server.Look(0)
	if err != nil {
		return nil, fmt.Errorf("look at the server: %w", err)
	}
	live := picture.Live()
	if len(live) == 0 {
		return nil, nil
	}
	if p, found := picture.ByPID(e.listener); !found || !p.Alive() {
		if e.listener, err = e.findListener(); err != nil {
			return nil, err
		}
	}
	list := make([]faults.Process, 0, len(live))
	for _, p := range live {
		if scope == All || (scope == Server) == (p.ID.PID == e.listener) {
			list = append(list, faults.Process(p.ID))
		}
	}
	return list, nil
}

// findListener returns the first process that holds the listening socket: not a
// shell that has started it. Without one it returns the process that was started.
func (e *Engine) findListener() (pid int, err error) {
	picture, err := e.server.Look(observe.Descriptors)
	if err != nil {
		return 0, fmt.Errorf("look at the server: %w", err)
	}
	for _, held := range picture.Listening() {
		return held.Process.PID, nil
	}
	return e.server.PID, nil
}

// A scopedServer is the server as one rule disturbs it.
type scopedServer struct {
	engine *Engine
	rule   *entry
	// caller is the process that has made a call, and call describes that; 0 for a
	// fault at the time of the rule.
	caller int
	call   string
	hits   int
}

var _ faults.Server = (*scopedServer)(nil)

// Processes returns those of the rule's scope, or the one that made the call.
func (s *scopedServer) Processes() ([]faults.Process, error) {
	if s.caller == 0 {
		return s.engine.processes(s.rule.Scope)
	}
	all, err := s.engine.processes(All)
	return slices.DeleteFunc(all, func(p faults.Process) bool { return p.PID != s.caller }), err
}

// Dial connects as a client.
func (s *scopedServer) Dial(ctx context.Context) (*net.TCPConn, error) {
	return s.engine.server.Dial(ctx)
}

// NetworkSocket opens a socket of the server's network.
func (s *scopedServer) NetworkSocket(ctx context.Context) (int, error) {
	return s.engine.server.Host().Socket(ctx)
}

// AcceptQueueRoom returns how many connections the accept queue has room for: one
// more than the backlog, listen(2).
func (s *scopedServer) AcceptQueueRoom() (int, error) {
	picture, err := s.engine.server.Look(observe.Descriptors)
	if err != nil {
		return 0, err
	}
	for _, held := range picture.Listening() {
		if held.Socket.Local != s.engine.server.Listening {
			continue
		}
		if held.Socket.SendQueue == observe.UnknownBacklog {
			return 0, errors.New("this kernel does not show the backlog (inet_diag)")
		}
		return int(held.Socket.SendQueue) + 1 - int(held.Socket.RecvQueue), nil
	}
	return 0, errors.New("the server does not listen any more")
}

// Hit prints and counts what was done.
func (s *scopedServer) Hit(pid int, what, how string) {
	s.hits++
	if pid == 0 {
		pid = s.engine.listener
	}
	if s.call != "" {
		what = s.call
	}
	s.engine.log.hit(hit{rule: s.rule.Text, at: time.Now(), pid: pid, what: what, injected: how}, s.engine.listener)
}
