package targets

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

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
