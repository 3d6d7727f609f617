package faults

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/process"
)

// descriptorKind limits the descriptors of each process.
var descriptorKind = Kind{
	Name: "nofile",
	Forms: []Form{
		{"N", "limit each process to N descriptors", "nofile=100:for=50ms"},
		{"full", "leave no descriptor free", "nofile=full:for=50ms"},
	},
	Options: []Option{For},
	Make: func(text string) (Action, error) {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil && text != "full" {
			return Action{}, fmt.Errorf("nofile=%s: give a number of descriptors, or full for those that are open", text)
		}
		return Action{Do: onEach("prlimit", func(_ context.Context, p Process) (Undo, string, error) {
			limit := n
			if text == "full" {
				free, err := LowestFreeDescriptor(p)
				if err != nil {
					return nil, "", err
				}
				limit = uint64(free)
			}
			undo, err := DescriptorLimit(p, limit)
			return undo, fmt.Sprintf("limit %d", limit), err
		})}, nil
	},
}

// DescriptorLimit sets the soft limit RLIMIT_NOFILE of a running process to n
// (prlimit(2)): opening a descriptor numbered n or above fails with EMFILE from
// now on. Descriptors that are open stay open. The Undo sets the old soft limit
// again. n may not be above the hard limit (EINVAL). The caller needs the
// process's user id, or CAP_SYS_RESOURCE (EPERM).
func DescriptorLimit(p Process, n uint64) (Undo, error) {
	return limit(p, process.Resource{Number: unix.RLIMIT_NOFILE, Op: "prlimit RLIMIT_NOFILE"},
		func() (uint64, error) { return n, nil })
}

// LowestFreeDescriptor returns the number that the next descriptor of a process
// will have (open(2)), read from /proc/PID/fd. As the limit of DescriptorLimit
// it leaves no room for one.
func LowestFreeDescriptor(p Process) (int, error) {
	const op = "find the lowest free descriptor"
	h, err := process.Open(p)
	if err != nil {
		return 0, err
	}
	used, err := procfile.OpenDescriptors(p.PID)
	if err == nil {
		// Had the process been reaped meanwhile, this could be another's list.
		err = h.Alive(op)
	}
	if err != nil {
		return 0, cmp.Or(process.Failed(op, p, err), h.Close())
	}
	free := 0
	for free < len(used) && used[free] == free {
		free++
	}
	return free, h.Close()
}
