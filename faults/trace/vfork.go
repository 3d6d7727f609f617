package trace

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/internal/proc"
)

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
