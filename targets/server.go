package targets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
)

// A Server is a server that listens.
type Server struct {
	Command Command
	// PID is the process that was started. It may have ended: a daemon's does.
	PID int
	// Listening is the address of its listening socket.
	Listening netip.AddrPort
	// Also are further addresses it listens on.
	Also []netip.AddrPort

	host   *Host
	output *Output
	stdin  *os.File
}

// exitLimit guards against an init that never tells how a process ended.
const exitLimit = 5 * time.Second

// A CommandError says that a command cannot be run at all: the person who
// typed it can mend that, and no server was judged.
type CommandError struct{ Err error }

func (e *CommandError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *CommandError) Unwrap() error { return e.Err }

// Start runs a command and waits until it listens. The error is a
// *CommandError when the command cannot be run, a *NotListening when the
// server is at fault, and anything else when the machine is.
func (h *Host) Start(ctx context.Context, c Command) (*Server, error) {
	var port uint16
	if c.TakesPort() {
		port = h.port
	}
	return h.StartAt(ctx, c, port)
}

// StartAt is Start for a server that is expected on the given port; 0 means
// any. Some servers listen on a random port when bind(2) fails: that one does
// not count.
func (h *Host) StartAt(ctx context.Context, c Command, port uint16) (*Server, error) {
	path, err := c.Program()
	if err != nil {
		return nil, &CommandError{err}
	}
	s := &Server{Command: c, host: h}
	if err := s.run(ctx, path, nil, false); err != nil {
		return nil, err
	}
	if err := s.awaitListening(ctx, port); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

// run starts the program with an open pipe that never speaks as its standard
// input (some servers end at the end of file) and a drained one as its output,
// of which a copy goes to shown unless that is nil. Held leaves it stopped.
func (s *Server) run(ctx context.Context, path string, shown io.Writer, held bool) error {
	stdin, silent, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make the server's standard input: %w", err)
	}
	defer func() { _ = stdin.Close() }()
	out, written, err := os.Pipe()
	if err != nil {
		_ = silent.Close()
		return fmt.Errorf("make the server's standard output: %w", err)
	}
	s.stdin, s.output = silent, drain(out, shown)
	program := s.Command.program(path, s.host.port, stdin, written)
	program.Held = held
	s.PID, err = s.host.box.Start(ctx, program)
	_ = written.Close()
	if err != nil {
		s.release()
		return startError(path, err)
	}
	return nil
}

// startError tells a program that cannot be executed from a machine at fault.
func startError(path string, err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return &CommandError{notRunnable(path, errno)}
	}
	return err
}

// release lets go of the server's standard input; its output is drained until
// its last writer is gone.
func (s *Server) release() { _ = s.stdin.Close() }

// Dial connects to the server; it makes a Server a clients.Dialer.
func (s *Server) Dial(ctx context.Context) (*net.TCPConn, error) {
	to := dialable(s.Listening)
	conn, err := s.dial(ctx, to)
	if to.Addr() == netip.IPv6Loopback() && errors.Is(err, unix.EADDRNOTAVAIL) {
		// A dual-stack socket on a machine that has no IPv6 loopback address.
		return s.dial(ctx, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), to.Port()))
	}
	return conn, err
}

func (s *Server) dial(ctx context.Context, to netip.AddrPort) (*net.TCPConn, error) {
	fd, err := s.host.spare.take(ctx, s.host.box, family(to))
	if err != nil {
		return nil, fmt.Errorf("connect to %v: %w", to, err)
	}
	return connect(ctx, fd, to)
}

// Host is where the server runs.
func (s *Server) Host() *Host { return s.host }

// Look takes a picture of the server's tree.
func (s *Server) Look(detail observe.Detail) (observe.Picture, error) { return s.host.Look(detail) }

// Output is what the server writes to its standard output and error.
func (s *Server) Output() *Output { return s.output }

// Exit gives the wait status of the process that was started, when it has ended.
func (s *Server) Exit() (unix.WaitStatus, bool) { return s.host.box.Exit(s.PID) }

// EndedAs is Exit for a caller who may have seen the end of the process before
// its init, who waits for it, has told how it ended.
func (s *Server) EndedAs(ctx context.Context) (unix.WaitStatus, bool) {
	guard := time.Now().Add(exitLimit)
	for {
		status, ended := s.Exit()
		state, err := observe.ReadState(s.PID)
		dead := err != nil || state == observe.Zombie || state == observe.Dead
		if ended || !dead || s.host.Lost() || time.Now().After(guard) {
			return status, ended
		}
		select {
		case <-ctx.Done():
			return status, ended
		case <-time.After(firstPoll):
		}
	}
}

// Stop ends the server's whole tree and waits until nothing of it is left.
func (s *Server) Stop(ctx context.Context) error {
	defer s.release()
	return s.host.Stop(ctx)
}
