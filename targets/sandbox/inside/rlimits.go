package inside

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// stackRoom is added to the limit of data: a thread's stack counts with its
// full size, 8 MiB, of which it uses little.
const stackRoom = 1 << 30

// limitsOf returns the resource limits of a program that is to run as uid,
// setrlimit(2).
func limitsOf(p *wire.Plan, uid int, memoryBounded bool) ([]rawLimit, error) {
	l := p.Limits
	// A core_pattern that is a pipe ignores a limit of 0; 1 stops it, too: core(5).
	limits := map[int]uint64{unix.RLIMIT_CORE: 1}
	if l.FileBytes > 0 {
		limits[unix.RLIMIT_FSIZE] = uint64(l.FileBytes)
	}
	if l.Descriptors > 0 {
		limits[unix.RLIMIT_NOFILE] = uint64(l.Descriptors)
	}
	if l.CPU > 0 {
		limits[unix.RLIMIT_CPU] = uint64(l.CPU.Seconds())
	}
	if l.MemoryBytes > 0 && !memoryBounded {
		limits[unix.RLIMIT_DATA] = uint64(l.MemoryBytes) + stackRoom
	}
	switch {
	case uid == 0: // it binds no root
	case p.User && kernelAtLeast(5, 14): // counted in the user namespace alone
		limits[unix.RLIMIT_NPROC] = uint64(l.LooseTasks())
	default: // all that the user has on the machine count too
		limits[unix.RLIMIT_NPROC] = uint64(l.LooseTasks() + tasksOnMachine())
	}
	var list []rawLimit
	for resource, value := range limits {
		var now unix.Rlimit
		if err := unix.Getrlimit(resource, &now); err != nil {
			return nil, fmt.Errorf("get resource limit %d: %w", resource, err)
		}
		now.Max = min(now.Max, value)
		now.Cur = now.Max
		list = append(list, rawLimit{uintptr(resource), now})
	}
	return list, nil
}

// usualDescriptorLimit is the soft limit of descriptors that programs expect. The
// Go runtime has raised this process's own.
const usualDescriptorLimit = 1024

// usualDescriptors returns the limit of descriptors for a program that is given
// no others.
func usualDescriptors() ([]rawLimit, error) {
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
		return nil, fmt.Errorf("get the limit of descriptors: %w", err)
	}
	now.Cur = min(now.Max, usualDescriptorLimit)
	return []rawLimit{{unix.RLIMIT_NOFILE, now}}, nil
}
