package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/forkproof/forkproof/observe/proctree"
)

// held is what this process holds of the machine.
type held struct{ descriptors, threads, goroutines, children, mounts, cgroups, files int }

func holds(t *testing.T) held {
	t.Helper()
	count := func(pattern string) int {
		list, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	h := held{
		descriptors: count("/proc/self/fd/*"), threads: count("/proc/self/task/*"), goroutines: runtime.NumGoroutine(),
		children: proctree.Count(os.Getpid(), 1000), mounts: strings.Count(string(mounts), "\n"),
		files: count(leftFile() + "*"),
	}
	places, _ := hierarchies()
	for _, place := range places {
		h.cgroups += count(filepath.Join(place.dir, cgroupName(os.Getpid())+"*"))
	}
	return h
}

// leftFile is what a server writes to /tmp.
func leftFile() string { return fmt.Sprintf("/tmp/forkproof-left-%d", os.Getpid()) }

// use opens a host, has a server leave what it can behind, and closes the host.
func use(t *testing.T) {
	h, err := Open(DefaultLimits())
	if err != nil {
		t.Error(err)
		return
	}
	_, lines := shell(t, h, "echo x >/dev/shm/x; echo x >"+leftFile()+"; setsid sh -c 'echo up; exec sleep 1000' & exit 0")
	if !lines.Scan() {
		t.Error("the server did not start: ", lines.Err())
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// TestLeavesNothing opens and closes many hosts, in a row and side by side:
// this process holds no more afterwards than after the first few.
func TestLeavesNothing(t *testing.T) {
	if !Probe().PIDs {
		t.Skip("no namespaces: /tmp is the machine's: " + Probe().Reason)
	}
	for range 10 {
		t.Run("warm up", use)
	}
	eightAtOnce(t)
	before := holds(t)
	for range inARow {
		t.Run("in a row", use)
	}
	eightAtOnce(t)
	var after held
	within(t, "what was held is let go of", func() bool {
		after = holds(t)
		return after.descriptors <= before.descriptors && after.goroutines <= before.goroutines && after.children <= before.children
	})
	after.threads = min(after.threads, before.threads+runtime.NumCPU()) // the runtime keeps threads it once needed
	before.threads = after.threads
	if after.mounts != before.mounts || after.cgroups != before.cgroups || after.files != before.files || after.threads > before.threads {
		t.Errorf("held before %+v, after %+v", before, after)
	}
	t.Logf("before %+v, after %+v", before, after)
}

func eightAtOnce(t *testing.T) {
	t.Run("side by side", func(t *testing.T) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { use(t) })
		}
		all.Wait()
	})
}
