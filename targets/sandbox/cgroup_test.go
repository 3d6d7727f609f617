package sandbox

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestFindHierarchies(t *testing.T) {
	const v1 = "26 25 0:23 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n" +
		"30 26 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n" +
		"31 26 0:28 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n" +
		"32 26 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
	const v2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	const docker = "30 23 0:26 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n"
	handsDown := func(string) []string { return []string{"pids", "memory"} }
	for _, test := range []struct {
		name, own, mounts string
		below             func(string) []string
		want              []hierarchy
	}{
		{"version 1", "5:memory:/a/b\n4:pids:/\n3:cpu,cpuacct:/\n0::/\n", v1, handsDown, []hierarchy{
			{dir: "/sys/fs/cgroup/memory/a/b", controllers: []string{"memory"}},
			{dir: "/sys/fs/cgroup/pids", controllers: []string{"pids"}},
		}},
		{"version 2, delegated", "0::/user.slice/x.scope\n", v2, handsDown, []hierarchy{
			{dir: "/sys/fs/cgroup/user.slice/x.scope", controllers: []string{"pids", "memory"}, v2: true},
		}},
		{"version 2, not delegated", "0::/user.slice/x.scope\n", v2, func(string) []string { return nil }, nil},
		{"container without a cgroup namespace", "4:pids:/docker/abc\n", docker, handsDown, []hierarchy{
			{dir: "/sys/fs/cgroup/pids", controllers: []string{"pids"}},
		}},
		{"none", "", "", handsDown, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := findHierarchies(test.own, test.mounts, test.below); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// A forkproof that was killed together with its inits leaves groups to the next.
func TestSweepRemovesOnlyOrphanedGroups(t *testing.T) {
	dir := t.TempDir()
	mine, elsewhere := cgroupName(os.Getpid())+"1", "run.1.4194305.3"
	for _, name := range []string{mine, cgroupName(4194305) + "3", elsewhere, "else"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	hierarchy{dir: dir}.sweep()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{"else", elsewhere, mine}; !reflect.DeepEqual(left, want) {
		t.Errorf("left %v, want %v", left, want)
	}
}

// TestLeavesNoCgroup looks for groups of this process after hosts have been
// closed, and after their init was killed.
func TestLeavesNoCgroup(t *testing.T) {
	places, err := hierarchies()
	if err != nil {
		t.Skip(err)
	}
	for _, kill := range []bool{false, true} {
		h, err := Open(DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if kill {
			_ = h.init.process.Kill()
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, place := range places {
		left, _ := filepath.Glob(filepath.Join(place.dir, cgroupName(os.Getpid())+"*"))
		if len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	}
}
