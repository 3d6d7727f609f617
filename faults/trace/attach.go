package trace

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/internal/proc"
)

// arm attaches to all threads of all processes, and returns when each has
// stopped once and will stop at its next call.
func (tr *tracer) arm(ctx context.Context) error {
	var gone error
	for _, p := range tr.processes {
		if err := tr.attach(p); errors.Is(err, process.ErrGone) {
			gone = cmp.Or(gone, err)
		} else if err != nil {
			return err
		}
	}
	if len(tr.tracees) == 0 && gone != nil {
		return gone
	}
	err := tr.trace(func() bool { return ctx.Err() != nil || tr.detaching || tr.allArmed() })
	switch {
	case err != nil:
		return err
	case tr.log.failure() != nil:
		return tr.log.failure()
	case ctx.Err() != nil && !tr.detaching && !tr.allArmed():
		thread, _ := unstoppable(tr.processes)
		return fmt.Errorf("inject: %s: %w", thread, context.Cause(ctx))
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

// attach seizes all threads of a process. It looks again until it finds no new
// thread: another one may have made one meanwhile. The kernel seizes those that
// a seized thread makes.
func (tr *tracer) attach(p process.ID) error {
	h, err := process.Open(p)
	if err != nil {
		return err
	}
	if err := checkABI(p); err != nil {
		return errors.Join(err, h.Close())
	}
	for {
		found, err := tr.attachNew(p)
		if err != nil {
			return errors.Join(err, h.Close())
		}
		if !found {
			break
		}
	}
	// It was not reaped until now: no thread was of another process.
	return cmp.Or(h.Alive("inject"), h.Close())
}

// attachNew seizes the threads of a process that are not traced yet.
func (tr *tracer) attachNew(p process.ID) (found bool, err error) {
	tids, err := procfile.ThreadIDs(p.PID)
	if err != nil {
		return false, process.Failed("list threads", p, err)
	}
	for _, tid := range tids {
		if tr.tracees[tid] != nil {
			continue
		}
		switch err := ptrace(unix.PTRACE_SEIZE, tid, tr.options); {
		case err == nil:
		case errors.Is(err, unix.ESRCH) || hasEnded(p, tid):
			continue
		case procfile.TracerOf(tid) == tr.interrupter.tid: // the thread that made it was seized before
			continue
		default:
			return false, refused(p, tid, err)
		}
		found = true
		t := newTracee(tid, p.PID)
		// A thread that has ended may have left its number to another process.
		t.unwanted = unix.Tgkill(p.PID, tid, 0) != nil
		tr.tracees[tid] = t
		if err := unix.PtraceInterrupt(tid); err != nil && !errors.Is(err, unix.ESRCH) {
			return false, process.Failed("PTRACE_INTERRUPT", p, err)
		}
	}
	return found, nil
}

// hasEnded reports whether a thread is a zombie or gone, and so cannot be seized.
func hasEnded(p process.ID, tid int) bool {
	s, err := procfile.ThreadStat(p.PID, tid)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
	}
	return !s.State.Alive()
}

// unstoppable describes a thread that cannot be stopped, and reports whether it
// has found one.
func unstoppable(processes []process.ID) (thread string, found bool) {
	for _, p := range processes {
		list, err := procfile.Threads(p.PID)
		if err != nil {
			continue
		}
		for _, one := range list {
			if one.State == proc.DiskSleep && inVfork(p.PID, one.TID) {
				return fmt.Sprintf("thread %d of %v is in state D: it waits for its vfork child, and cannot be stopped before that child ends or calls execve", one.TID, p), true
			}
		}
	}
	return "a thread cannot be stopped", false
}

// inVfork reports whether a thread waits until its child has called execve(2) or
// ended: vfork(2), and clone(2) with CLONE_VFORK. Only SIGKILL ends that wait.
// Every other state in which a thread cannot be stopped ends by itself.
func inVfork(pid, tid int) bool {
	switch call := procfile.Syscall(pid, tid); call.Name {
	case "clone", "clone3":
		return cloneFlags(pid, call.Name, call.Args[0])&unix.CLONE_VFORK != 0
	default:
		return call.Name == "vfork"
	}
}

// cloneFlags returns the flags of a clone by its first argument. Those of clone3
// are in the memory of the process: where that cannot be read, they may be any.
func cloneFlags(pid int, name string, first uint64) uint64 {
	if name != "clone3" {
		return first
	}
	var flags [8]byte
	local := []unix.Iovec{{Base: &flags[0], Len: uint64(len(flags))}}
	remote := []unix.RemoteIovec{{Base: uintptr(first), Len: len(flags)}}
	if n, err := unix.ProcessVMReadv(pid, local, remote, 0); err != nil || n != len(flags) {
		return ^uint64(0)
	}
	return binary.NativeEndian.Uint64(flags[:])
}
