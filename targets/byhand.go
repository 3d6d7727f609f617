package targets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// RunByHand runs a command on a port of this machine, with forkproof's own
// standard input and output, until it has ended; then every process of it is
// ended. A daemon, whose started process ends at once, is kept until ctx is done.
func RunByHand(ctx context.Context, c Command, port uint16) (unix.WaitStatus, error) {
	path, err := c.Program()
	if err != nil {
		return 0, &CommandError{err}
	}
	box, err := sandbox.OpenShared(DefaultLimits().sandbox())
	if err != nil {
		return 0, err
	}
	defer func() { _ = box.Close() }()
	pid, err := box.Start(ctx, c.program(path, port, os.Stdin, os.Stdout))
	if err != nil {
		return 0, fmt.Errorf("run %s: %w", c, err)
	}
	select {
	case <-box.Ended():
	case <-ctx.Done():
	}
	status, _ := box.Exit(pid)
	return status, nil
}

// NewSharedHost makes a host that keeps a server from the machine as NewHost
// does, but for the network, which is the machine's: a person reaches the server
// there, and the server reaches what the machine reaches. {port} in its command
// stands for port, or, when that is 0, for a port that is free now.
func NewSharedHost(ctx context.Context, limits Limits, port uint16) (*Host, error) {
	box, err := sandbox.OpenOnMachineNetwork(limits.sandbox())
	if err != nil {
		return nil, err
	}
	h := &Host{box: box, limits: limits, port: port}
	if port == 0 {
		if h.port, err = freePort(); err != nil {
			return nil, errors.Join(err, box.Close())
		}
	}
	h.observe(ctx)
	return h, nil
}

// Streams are the standard input of a server that a person runs, and where its
// standard output and error go.
type Streams struct {
	In  io.Reader
	Out io.Writer
}

// StartByHand is Start with the streams of a person. The server is never handed
// a terminal, which it could steer, but pipes. When its last process has ended
// and all of its output is written, Output.Done is closed.
func (h *Host) StartByHand(ctx context.Context, c Command, streams Streams) (*Server, error) {
	path, err := c.Program()
	if err != nil {
		return nil, &CommandError{err}
	}
	s := &Server{Command: c, host: h}
	if err := s.run(ctx, path, streams.Out, false); err != nil {
		return nil, err
	}
	if streams.In != nil {
		crash.Go(func() {
			_, _ = io.Copy(s.stdin, streams.In)
			s.release()
		})
	}
	var port uint16
	if c.TakesPort() {
		port = h.port
	}
	return s, s.awaitListening(ctx, port)
}

// Ended gets a value when the last process of a host has ended by itself.
func (h *Host) Ended() <-chan struct{} { return h.box.Ended() }

// Socket opens a socket of the network that the servers of the host are in; the
// caller owns it.
func (h *Host) Socket(ctx context.Context) (int, error) {
	fds, err := h.box.Sockets(ctx, unix.AF_INET, unix.SOCK_DGRAM, 0, 1)
	if err != nil {
		return 0, err
	}
	return fds[0], nil
}
