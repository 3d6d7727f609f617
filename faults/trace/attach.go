package trace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/forkproof/forkproof/faults/internal/proc"
	"github.com/forkproof/forkproof/faults/process"
	"golang.org/x/sys/unix"
)

// arm attaches to all threads of all targets, and returns when each has been
// stopped once and will stop at its next call.
func (tr *tracer) arm(ctx context.Context) error {
	var gone error
	for _, target := range tr.targets {
		if err := tr.attach(target); errors.Is(err, process.ErrGone) {
			gone = cmp.Or(gone, err)
		} else if err != nil {
			return err
		}
	}
	if len(tr.tracees) == 0 && gone != nil {
		return gone
	}
	err := tr.trace(func() bool { return ctx.Err() != nil || tr.leaving || tr.allArmed() })
	switch {
	case err != nil:
		return err
	case tr.record.failure() != nil:
		return tr.record.failure()
	case ctx.Err() != nil && !tr.leaving && !tr.allArmed():
		name, _ := unstopped(tr.targets)
		return fmt.Errorf("inject: %s: %w", name, context.Cause(ctx))
	}
	return nil
}

func (tr *tracer) allArmed() bool {
	for _, t := range tr.tracees {
		if !t.armed {
			return false
		}
	}
	return len(tr.tracees) > 0
}

// attach seizes all threads of a target. While a look finds a thread that was
// not known, another thread may have made one since; those that are made by a
// seized thread are seized by the kernel.
func (tr *tracer) attach(target process.ID) error {
	p, err := process.Open(target)
	if err != nil {
		return err
	}
	if err := abiOf(target); err != nil {
		return errors.Join(err, p.Close())
	}
	for {
		found, err := tr.attachNew(target)
		if err != nil {
			return errors.Join(err, p.Close())
		}
		if !found {
			break
		}
	}
	// Until now it had not been reaped: no thread was of another process.
	return cmp.Or(p.Alive("inject"), p.Close())
}

// attachNew seizes the threads of a target that are not traced yet.
func (tr *tracer) attachNew(target process.ID) (found bool, err error) {
	tids, err := proc.ThreadIDs(target.PID)
	if err != nil {
		return false, process.Failed("list threads", target, err)
	}
	for _, tid := range tids {
		if tr.tracees[tid] != nil {
			continue
		}
		switch err := ptrace(unix.PTRACE_SEIZE, tid, tr.options); {
		case err == nil:
		case errors.Is(err, unix.ESRCH) || ending(target, tid):
			continue
		case proc.TracerOf(tid) == tr.bell.tid: // its maker was attached before
			continue
		default:
			return false, refused(target, tid, err)
		}
		found = true
		t := newTracee(tid, target.PID)
		// A thread that had ended may have left its number to another process.
		t.stranger = unix.Tgkill(target.PID, tid, 0) != nil
		tr.tracees[tid] = t
		if err := unix.PtraceInterrupt(tid); err != nil && !errors.Is(err, unix.ESRCH) {
			return false, process.Failed("PTRACE_INTERRUPT", target, err)
		}
	}
	return found, nil
}

// ending says whether a thread is a zombie or gone, and so cannot be seized.
func ending(target process.ID, tid int) bool {
	s, err := proc.ReadThreadStat(target.PID, tid)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
	}
	return s.Ended()
}
