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

// A group is a control group as its init holds it: the tree joins it, and
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
		g := group{GroupPlan: p, above: k.places[i], name: name, procs: -1}
		if madeErr := g.make(k.plan.Limits); madeErr != nil {
			err = errors.Join(err, madeErr, g.remove())
			continue
		}
		made = append(made, g)
	}
	return made, err
}

// boundsMemory says whether a control group bounds the memory of the tree.
func (h *host) boundsMemory() bool {
	return slices.ContainsFunc(h.groups, func(g group) bool { return slices.Contains(g.Controllers, "memory") })
}

// bounds says whether control groups bound the number of processes.
func bounds(groups []group) []string {
	for _, g := range groups {
		if slices.Contains(g.Controllers, "pids") {
			return []string{wire.BoundCgroup}
		}
	}
	return nil
}

func (g *group) make(limits wire.Limits) (err error) {
	if err := unix.Mkdirat(g.above, g.name, 0o755); err != nil {
		return fmt.Errorf("make a control group: %w", err)
	}
	for _, controller := range g.Controllers {
		file, value := "pids.max", int64(limits.Tasks())
		switch {
		case controller == "memory" && limits.MemoryBytes == 0:
			continue
		case controller == "memory" && g.V2:
			file, value = "memory.max", limits.MemoryBytes
		case controller == "memory":
			file, value = "memory.limit_in_bytes", limits.MemoryBytes
		}
		if err := g.set(file, value); err != nil {
			return err
		}
		if controller == "memory" { // swap is memory too; not every kernel counts it
			_ = g.set("memory.swap.max", 0)
			_ = g.set("memory.memsw.limit_in_bytes", value)
			_ = g.set("memory.kmem.tcp.limit_in_bytes", value) // version 1 does not count it otherwise
		}
	}
	g.procs, err = unix.Openat(g.above, g.name+"/cgroup.procs", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open the control group: %w", err)
	}
	return nil
}

func (g *group) set(file string, value int64) error {
	fd, err := unix.Openat(g.above, g.name+"/"+file, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_, err = unix.Write(fd, []byte(strconv.FormatInt(value, 10)))
		_ = unix.Close(fd)
	}
	if err != nil {
		return fmt.Errorf("set %s of a control group: %w", file, err)
	}
	return nil
}

func (g *group) remove() error {
	if g.procs >= 0 {
		_ = unix.Close(g.procs)
	}
	return wire.Rmdir(func() error { return unix.Unlinkat(g.above, g.name, unix.AT_REMOVEDIR) })
}

// peak is the most tasks that the group ever had at once; 0 where the kernel
// (before Linux 6.1) does not say.
func (g *group) peak() int {
	fd, err := unix.Openat(g.above, g.name+"/pids.peak", unix.O_RDONLY|unix.O_CLOEXEC, 0)
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
