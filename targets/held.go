package targets

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/observe"
)

// A Held is a server that is stopped before its first instruction.
type Held struct {
	// PID is its process.
	PID    int
	server *Server
}

// Hold starts a command, and has it stop before the program is executed. The errors
// are those of Start.
func (h *Host) Hold(ctx context.Context, c Command) (*Held, error) {
	path, err := c.Program()
	if err != nil {
		return nil, &CommandError{err}
	}
	s := &Server{Command: c, host: h}
	if err := s.run(ctx, path, nil, true); err != nil {
		return nil, err
	}
	err = poll.Quick.Until(ctx, func() (bool, error) {
		state, err := observe.ReadState(s.PID)
		return state == observe.Stopped, err
	})
	if err != nil {
		s.release()
		return nil, fmt.Errorf("wait until process %d has stopped: %w", s.PID, err)
	}
	return &Held{PID: s.PID, server: s}, nil
}

// Release has the server go on, and waits until it listens, as Start does.
func (h *Held) Release(ctx context.Context) (*Server, error) {
	if err := unix.Kill(h.PID, unix.SIGCONT); err != nil {
		return nil, fmt.Errorf("continue process %d: %w", h.PID, err)
	}
	var port uint16
	if h.server.Command.TakesPort() {
		port = h.server.host.port
	}
	if err := h.server.awaitListening(ctx, port); err != nil {
		h.server.release()
		return nil, err
	}
	return h.server, nil
}
