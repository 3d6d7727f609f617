package targets

import (
	"context"
	"errors"
)

// CanRun starts a command for a moment and ends it. The error is a
// *CommandError when the system cannot execute it; that shows only by trying.
func CanRun(ctx context.Context, c Command) error {
	path, err := c.Program()
	if err != nil {
		return &CommandError{err}
	}
	h, err := NewHost(ctx, DefaultLimits())
	if err != nil {
		return err
	}
	s := &Server{Command: c, host: h}
	err = s.run(ctx, path, nil, false)
	if err == nil {
		s.release()
	}
	return errors.Join(err, h.Close())
}
