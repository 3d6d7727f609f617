package trace

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/proc"
	"github.com/forkproof/forkproof/faults/process"
)

// unstoppable describes a thread that cannot be stopped, and reports whether it
// has found one.
func unstoppable(processes []process.ID) (thread string, found bool) {
	for _, p := range processes {
		list, err := proc.Threads(p.PID)
		if err != nil {
			continue
		}
		for _, one := range list {
			if one.State == 'D' && inVfork(p.PID, one.TID) {
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
	number, first, blocked := proc.Syscall(pid, tid)
	if !blocked {
		return false
	}
	list := signatures[number]
	switch {
	case len(list) == 0:
		return false
	case strings.HasPrefix(list[0].name, "clone"):
		return cloneFlags(pid, list[0].name, first)&unix.CLONE_VFORK != 0
	}
	return list[0].name == "vfork"
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
