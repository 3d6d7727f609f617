package inside

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// A joint is a control group as its init holds it: the tree joins it, and
// when forkproof is gone the init removes it.
type group struct {
	wire.GroupPlan
	above int    // the directory it is made in
	name  string // of the group
	procs int    // its cgroup.procs
}

// makeGroups makes the control groups of a host. The error says which could not
// be made; the others hold.
func (k *initProcess) makeGroups(name string) (made []group, err error) {
	for i, p := range k.plan.Cgroups {
		j := group{GroupPlan: p, above: k.places[i], name: name, procs: -1}
		if madeErr := j.make(k.plan.Limits); madeErr != nil {
			err = errors.Join(err, madeErr, j.remove())
			continue
		}
		made = append(made, j)
	}
	return made, err
}

// boundsMemory says whether a control group bounds the memory of the tree.
func (h *host) boundsMemory() bool {
	return slices.ContainsFunc(h.groups, func(j group) bool { return slices.Contains(j.Controllers, "memory") })
}

// bounds says whether control groups bound the number of processes.
func bounds(groups []group) []string {
	for _, j := range groups {
		if slices.Contains(j.Controllers, "pids") {
			return []string{wire.BoundCgroup}
		}
	}
	return nil
}

func (j *group) make(limits wire.Limits) (err error) {
	if err := unix.Mkdirat(j.above, j.name, 0o755); err != nil {
		return fmt.Errorf("make a control group: %w", err)
	}
	for _, controller := range j.Controllers {
		file, value := "pids.max", int64(limits.Tasks())
		switch {
		case controller == "memory" && limits.MemoryBytes == 0:
			continue
		case controller == "memory" && j.V2:
			file, value = "memory.max", limits.MemoryBytes
		case controller == "memory":
			file, value = "memory.limit_in_bytes", limits.MemoryBytes
		}
		if err := j.set(file, value); err != nil {
			return err
		}
		if controller == "memory" { // swap is memory too; not every kernel counts it
			_ = j.set("memory.swap.max", 0)
			_ = j.set("memory.memsw.limit_in_bytes", value)
		}
	}
	j.procs, err = unix.Openat(j.above, j.name+"/cgroup.procs", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open the control group: %w", err)
	}
	return nil
}

func (j *group) set(file string, value int64) error {
	fd, err := unix.Openat(j.above, j.name+"/"+file, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_, err = unix.Write(fd, []byte(strconv.FormatInt(value, 10)))
		_ = unix.Close(fd)
	}
	if err != nil {
		return fmt.Errorf("set %s of a control group: %w", file, err)
	}
	return nil
}

func (j *group) remove() error {
	if j.procs >= 0 {
		_ = unix.Close(j.procs)
	}
	return wire.Rmdir(func() error { return unix.Unlinkat(j.above, j.name, unix.AT_REMOVEDIR) })
}

// peak is the most tasks that the group ever had at once; 0 where the kernel
// (before Linux 6.1) does not say.
func (j *group) peak() int {
	fd, err := unix.Openat(j.above, j.name+"/pids.peak", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer func() { _ = unix.Close(fd) }()
	var text [24]byte
	n, err := unix.Read(fd, text[:])
	if err != nil {
		return 0
	}
	peak, _ := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	return peak
}

// peak is the most tasks that the tree ever had at once, as far as is known.
func (h *host) peak() int {
	peak := 0
	for i := range h.groups {
		peak = max(peak, h.groups[i].peak())
	}
	return peak
}
