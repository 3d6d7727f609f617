package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
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

// hierarchies finds where control groups may be made, cgroups(7).
var hierarchies = sync.OnceValues(func() ([]hierarchy, error) {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("find the control group: %w", err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("find the control groups' file system: %w", err)
	}
	found := findHierarchies(string(own), string(mounts), controllersBelow)
	if len(found) == 0 {
		return nil, errors.New("no pids or memory controller is delegated to this process")
	}
	for _, h := range found {
		h.sweep()
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

// cgroupName begins the name of every control group that forkproof makes; the
// pid of its maker follows.
const cgroupName = "forkproof-"

// sweep removes the groups of makers that are gone: of a forkproof that was
// killed together with its keepers.
func (h hierarchy) sweep() {
	groups, _ := filepath.Glob(filepath.Join(h.dir, cgroupName+"*"))
	for _, group := range groups {
		text, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(group), cgroupName), "-")
		pid, err := strconv.Atoi(text)
		if err == nil && errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			_ = unix.Rmdir(group)
		}
	}
}

// A cgroup is one control group made for one tree.
type cgroup struct {
	hierarchy
	name  string
	above *os.File // the directory above it
	procs *os.File // its cgroup.procs
}

// make makes a group with limits.
func (h hierarchy) make(name string, limits Limits) (_ *cgroup, err error) {
	g := &cgroup{hierarchy: h, name: name}
	if err := os.Mkdir(g.path(""), 0o755); err != nil {
		return nil, fmt.Errorf("make a control group: %w", err)
	}
	defer func() {
		if err != nil {
			g.close()
			_ = unix.Rmdir(g.path(""))
		}
	}()
	if err := g.limit(limits); err != nil {
		return nil, err
	}
	if g.above, err = os.Open(h.dir); err != nil {
		return nil, fmt.Errorf("open the control group's directory: %w", err)
	}
	if g.procs, err = os.OpenFile(g.path("cgroup.procs"), os.O_WRONLY, 0); err != nil {
		return nil, fmt.Errorf("open the control group: %w", err)
	}
	return g, nil
}

func (g *cgroup) path(file string) string { return filepath.Join(g.dir, g.name, file) }

func (g *cgroup) limit(limits Limits) error {
	for _, controller := range g.controllers {
		file, value := "pids.max", int64(limits.tasks())
		switch {
		case controller == "memory" && limits.MemoryBytes == 0:
			continue
		case controller == "memory" && g.v2:
			file, value = "memory.max", limits.MemoryBytes
		case controller == "memory":
			file, value = "memory.limit_in_bytes", limits.MemoryBytes
		}
		if err := os.WriteFile(g.path(file), []byte(strconv.FormatInt(value, 10)), 0); err != nil {
			return fmt.Errorf("set %s of a control group: %w", file, err)
		}
		if controller == "memory" { // swap is memory too; not every kernel counts it
			_ = os.WriteFile(g.path("memory.swap.max"), []byte("0"), 0)
			_ = os.WriteFile(g.path("memory.memsw.limit_in_bytes"), []byte(strconv.FormatInt(value, 10)), 0)
		}
	}
	return nil
}

func (g *cgroup) close() {
	_ = g.above.Close()
	_ = g.procs.Close()
}

// removeLimit guards against a group that does not come empty.
const removeLimit = 5 * time.Second

// remove removes the group once its last process is gone; the kernel takes a
// moment longer for that than for reporting the end.
func (g *cgroup) remove() error {
	g.close()
	return rmdir(func() error { return unix.Rmdir(g.path("")) })
}

func rmdir(remove func() error) error {
	for guard := time.Now().Add(removeLimit); ; <-time.After(time.Millisecond) {
		err := remove()
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if !errors.Is(err, unix.EBUSY) || time.Now().After(guard) {
			return fmt.Errorf("remove a control group: %w", err)
		}
	}
}

// outOfMemory says whether the kernel killed a process of the group for having
// no memory left: oom_kill of memory.oom_control or memory.events.
func (g *cgroup) outOfMemory() bool {
	for _, name := range []string{"memory.oom_control", "memory.events"} {
		file, err := os.Open(g.path(name))
		if err != nil {
			continue
		}
		defer func() { _ = file.Close() }()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if count, found := strings.CutPrefix(lines.Text(), "oom_kill "); found {
				return count != "0"
			}
		}
	}
	return false
}

// makeCgroups makes the groups for one tree, as many as can be. The error says
// why some could not.
func makeCgroups(name string, limits Limits) ([]*cgroup, error) {
	places, err := hierarchies()
	if err != nil {
		return nil, err
	}
	var made []*cgroup
	for _, place := range places {
		g, groupErr := place.make(name, limits)
		if groupErr != nil {
			err = errors.Join(err, groupErr)
			continue
		}
		made = append(made, g)
	}
	return made, err
}
