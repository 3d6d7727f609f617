package faults

import (
	"golang.org/x/sys/unix"
)

// MemoryLimit bounds the address space of a running process (RLIMIT_AS,
// prlimit(2)) to what it has now and spare bytes more: brk, mmap and a stack
// that grows fail with ENOMEM beyond, and a thread finds no stack. A child
// inherits the bound. What is mapped already, as a heap that malloc(3) keeps
// in reserve, is not taken away. The Undo sets the old soft limit again.
func MemoryLimit(t Target, spare uint64) (Undo, error) {
	return limit(t, resource{unix.RLIMIT_AS, "prlimit RLIMIT_AS"}, func() (uint64, error) {
		kib, err := statusField(t.PID, "VmSize")
		return uint64(kib)<<10 + spare, err
	})
}
