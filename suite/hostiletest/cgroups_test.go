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

// The limits of a testbed, in case the sandbox in it fails. They are above those
// of the sandbox and below what would harm the machine.
const (
	maxProcesses   = 1500
	maxMemoryBytes = 2 << 30
	// maxProcessesUncontained applies where the sandbox does not limit processes.
	maxProcessesUncontained = 300
)

// A hierarchy is a cgroup hierarchy in which a cgroup can be created.
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
		settings[h.memory] = fmt.Sprint(maxMemoryBytes)
	}
	return settings
}

// limitingCgroups creates the cgroups that limit one testbed, and removes them
// after the test. It fails where no cgroup can limit the number of processes:
// no hostile server may run there.
func limitingCgroups(t *testing.T, processes int) ([]string, error) {
	t.Helper()
	var made []string
	var reasons []error
	bounded := false
	for _, h := range hierarchies {
		if _, err := os.Stat(filepath.Join(h.root, "cgroup.procs")); err != nil {
			reasons = append(reasons, err)
			continue
		}
		dir, err := os.MkdirTemp(h.root, "forkproof-testbed-")
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
		return nil, fmt.Errorf("no cgroup can limit the number of processes: %w", errors.Join(reasons...))
	}
	return made, nil
}

// removeCgroup removes a cgroup once its last process is gone.
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

// limitReached reports whether a cgroup refused a process.
func limitReached(cgroups []string) bool {
	for _, dir := range cgroups {
		data, err := os.ReadFile(filepath.Join(dir, "pids.events"))
		if err == nil && !strings.Contains(string(data), "max 0\n") {
			return true
		}
	}
	return false
}
