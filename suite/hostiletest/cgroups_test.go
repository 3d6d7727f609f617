package hostiletest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What a cage may use, should the sandbox in it fail: more than the sandbox
// allows, and not so much that the machine would suffer.
const (
	fuseProcesses   = 1500
	fuseMemoryBytes = 2 << 30
	// fuseThreatened are the processes of a cage whose sandbox does not bound them.
	fuseThreatened = 300
)

// A hierarchy is a place where a cgroup can be made.
type hierarchy struct {
	root         string
	pids, memory string // the files that hold the limits
}

var hierarchies = []hierarchy{
	{"/sys/fs/cgroup/pids", "pids.max", ""},
	{"/sys/fs/cgroup/memory", "", "memory.limit_in_bytes"},
	{"/sys/fs/cgroup", "pids.max", "memory.max"},
}

func (h hierarchy) settings(processes int) map[string]string {
	settings := map[string]string{}
	if h.pids != "" {
		settings[h.pids] = fmt.Sprint(processes)
	}
	if h.memory != "" {
		settings[h.memory] = fmt.Sprint(fuseMemoryBytes)
	}
	return settings
}

// fuse makes the cgroups that bound one cage, and removes them after the test.
// Where none can be made that bounds the number of processes, no hostile server
// may run: the error says why.
func fuse(t *testing.T, processes int) ([]string, error) {
	t.Helper()
	var made []string
	var reasons []error
	bounded := false
	for _, h := range hierarchies {
		if _, err := os.Stat(filepath.Join(h.root, "cgroup.procs")); err != nil {
			reasons = append(reasons, err)
			continue
		}
		dir, err := os.MkdirTemp(h.root, "forkproof-cage-")
		if err != nil {
			reasons = append(reasons, err)
			continue
		}
		t.Cleanup(func() { removeCgroup(t, dir) })
		for name, value := range h.settings(processes) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(value), 0); err != nil {
				reasons = append(reasons, err)
				continue
			}
			bounded = bounded || name == "pids.max"
		}
		made = append(made, dir)
	}
	if !bounded {
		return nil, fmt.Errorf("no cgroup can be made that bounds processes: %w", errors.Join(reasons...))
	}
	return made, nil
}

// removeCgroup removes a cgroup once the kernel has let go of what was in it.
func removeCgroup(t *testing.T, dir string) {
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := removeTree(dir)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return
		}
		if !errors.Is(err, unix.EBUSY) || time.Now().After(deadline) {
			t.Errorf("remove the cgroup: %v", err)
			return
		}
		<-time.After(time.Millisecond)
	}
}

// removeTree removes a cgroup and those in it, the innermost first.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeTree(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return os.Remove(dir)
}

// blown says whether a fuse had to refuse a process.
func blown(cgroups []string) bool {
	for _, dir := range cgroups {
		data, err := os.ReadFile(filepath.Join(dir, "pids.events"))
		if err == nil && !strings.Contains(string(data), "max 0\n") {
			return true
		}
	}
	return false
}
