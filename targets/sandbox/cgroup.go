package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// A hierarchy is a place where control groups can be made: the directory of
// forkproof's own group, so that a limit on forkproof itself goes on to hold.
type hierarchy struct {
	dir         string
	controllers []string // those of wanted that it has
	v2          bool
}

// wanted are the controllers that bound a tree.
var wanted = []string{"pids", "memory"}

// An openHierarchy has its directory open, for inits to make groups in.
type openHierarchy struct {
	hierarchy
	file *os.File
}

// hierarchies finds where control groups may be made, cgroups(7).
var hierarchies = sync.OnceValues(func() ([]openHierarchy, error) {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("find the control group: %w", err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("find the control groups' file system: %w", err)
	}
	var found []openHierarchy
	for _, h := range findHierarchies(string(own), string(mounts), controllersBelow) {
		if unix.Access(h.dir, unix.W_OK) != nil {
			continue
		}
		file, err := os.Open(h.dir)
		if err != nil {
			continue
		}
		h.sweep()
		found = append(found, openHierarchy{h, file})
	}
	if len(found) == 0 {
		return nil, errors.New("no pids or memory control group is writable for this process")
	}
	return found, nil
})

// findHierarchies reads proc_pid_cgroup(5) and proc_pid_mountinfo(5).
func findHierarchies(own, mounts string, below func(dir string) []string) []hierarchy {
	paths := map[string]string{} // by controller; "" for version 2
	for line := range strings.Lines(own) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			paths[controller] = fields[2]
		}
	}
	var found []hierarchy
	for line := range strings.Lines(mounts) {
		before, after, _ := strings.Cut(line, " - ")
		at, what := strings.Fields(before), strings.Fields(after)
		if len(at) < 5 || len(what) < 3 {
			continue
		}
		h := hierarchy{v2: what[0] == "cgroup2"}
		path, ours := paths[""], h.v2
		for option := range strings.SplitSeq(what[2], ",") {
			if what[0] == "cgroup" && slices.Contains(wanted, option) {
				h.controllers = append(h.controllers, option)
				path, ours = paths[option], true
			}
		}
		if !ours {
			continue
		}
		h.dir = filepath.Join(at[4], strings.TrimPrefix(path, strings.TrimSuffix(at[3], "/")))
		if h.v2 {
			h.controllers = below(h.dir)
		}
		if len(h.controllers) > 0 {
			found = append(found, h)
		}
	}
	return found
}

// controllersBelow says which controllers a group of version 2 hands down.
func controllersBelow(dir string) []string {
	data, err := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control"))
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(strings.Fields(string(data)), func(c string) bool { return !slices.Contains(wanted, c) })
}

// cgroupName begins the name of every control group that this process makes:
// the pid namespace that its pid means something in, and the pid.
func cgroupName(pid int) string { return fmt.Sprintf("%s%d.", cgroupPrefix(), pid) }

// cgroupPrefix is the part that all of one pid namespace have in common. A server
// sees it, and it says nothing to it.
func cgroupPrefix() string {
	namespace, _ := os.Readlink("/proc/self/ns/pid") // pid:[4026531836]
	return "run." + strings.Trim(namespace, "pid:[]") + "."
}

// sweep removes the groups of makers that are gone: of a forkproof that was
// killed together with its inits. A maker in another pid namespace may live.
func (h hierarchy) sweep() {
	groups, _ := filepath.Glob(filepath.Join(h.dir, cgroupPrefix()+"*"))
	for _, group := range groups {
		text, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(group), cgroupPrefix()), ".")
		pid, err := strconv.Atoi(text)
		if err == nil && errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			_ = unix.Rmdir(group)
		}
	}
}

// A cgroup is a control group of one tree, seen from forkproof. The init
// makes it; whoever of the two is the last to live removes it.
type cgroup struct {
	hierarchy
	name string
}

func (g cgroup) path(file string) string { return filepath.Join(g.dir, g.name, file) }

// remove removes the group, if it is there, once its last process is gone.
func (g cgroup) remove() error {
	return wire.Rmdir(func() error { return unix.Rmdir(g.path("")) })
}

// outOfMemory says whether the kernel killed a process of the group for having
// no memory left: oom_kill of memory.oom_control or memory.events.
func (g cgroup) outOfMemory() bool {
	for _, name := range []string{"memory.oom_control", "memory.events"} {
		data, err := os.ReadFile(g.path(name))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if count, found := strings.CutPrefix(line, "oom_kill "); found {
				return strings.TrimSpace(count) != "0"
			}
		}
	}
	return false
}
