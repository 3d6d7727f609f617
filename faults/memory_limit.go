package faults

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/value"
	"github.com/forkproof/forkproof/faults/process"
)

// memoryKind limits the memory of each process.
var memoryKind = Kind{
	Name:    "memory",
	Forms:   []Form{{"BYTES", "limit each process to BYTES more than it has now", "memory=1M:for=50ms"}},
	Options: []Option{For},
	Make: func(text string) (Action, error) {
		spare, err := value.Bytes(text)
		return Action{Do: onEach("prlimit", func(_ context.Context, p Process) (Undo, string, error) {
			undo, err := limitMemory(p, spare)
			return undo, fmt.Sprintf("%d bytes are left", spare), err
		})}, err
	},
}

// limitMemory bounds the address space of a running process (RLIMIT_AS,
// prlimit(2)) to what it has now and spare bytes more: beyond, brk, mmap and the
// growth of a stack fail with ENOMEM, and a thread finds no stack. A child
// inherits the bound. Memory that is mapped already, as a heap that malloc(3)
// keeps in reserve, stays. The Undo sets the old soft limit again.
func limitMemory(p Process, spare uint64) (Undo, error) {
	return limit(p, process.Resource{Number: unix.RLIMIT_AS, Op: "prlimit RLIMIT_AS"}, func() (uint64, error) {
		used, err := procfile.AddressSpace(p.PID)
		return used + spare, err
	})
}
