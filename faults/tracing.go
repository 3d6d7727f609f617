package faults

import (
	"context"
	"errors"

	"github.com/forkproof/forkproof/faults/trace"
)

// checkTracing is the Check of faults in system calls: it attaches to the probe
// and detaches.
func checkTracing(ctx context.Context, probe Probe) error {
	armed, err := trace.Inject(ctx, []Process{probe.Process}, trace.Injection{Family: trace.Read})
	if err == nil {
		err = armed.Undo()
	}
	var refused *trace.NotTraceable
	switch {
	case errors.As(err, &refused):
		return &Unavailable{refused.Reason, refused.Remedy}
	case err != nil:
		return &Unavailable{err.Error(), "allow the system call ptrace (Linux 5.3 or later)"}
	}
	return nil
}
