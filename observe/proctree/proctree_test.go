package proctree

import (
	"bufio"
	"errors"
	"os/exec"
	"slices"
	"syscall"
	"testing"
)

// startShell starts a shell with three children, one of which has one of its
// own, and returns when all are there.
func startShell(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("sh", "-c", "sleep 60 & sleep 60 & (sleep 60 & echo ready; wait) & wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, pid := range append(Descendants(cmd.Process.Pid, 100), cmd.Process.Pid) {
			kill(t, pid)
		}
		_ = cmd.Wait() // it was killed
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return cmd.Process.Pid
}

func TestDescendants(t *testing.T) {
	shell := startShell(t)
	all := Descendants(shell, 100)
	if len(all) != 4 {
		t.Fatalf("%v, want 4 processes", all)
	}
	for i, pid := range all {
		parent := shell
		if i == 3 {
			parent = all[2]
		}
		if !slices.Contains(childrenOf(parent), pid) {
			t.Errorf("%d is no child of %d", pid, parent)
		}
	}
	for _, limit := range []int{0, 2, 4} {
		if n := Count(shell, limit); n != limit {
			t.Errorf("Count to %d gives %d", limit, n)
		}
	}
	if n := Count(1<<29, 10); n != 0 {
		t.Errorf("a process that is not there has %d descendants", n)
	}
}

// Without proc_tid_children(5) the same is found by one scan of /proc.
func TestScan(t *testing.T) {
	shell := startShell(t)
	children := scanParents()
	scanned := descendants(shell, 100, func(pid int) []int { return children[pid] })
	asked := Descendants(shell, 100)
	slices.Sort(scanned)
	slices.Sort(asked)
	if !slices.Equal(scanned, asked) {
		t.Errorf("a scan gives %v, the lists of children %v", scanned, asked)
	}
}

func TestChildrenOfFirstThread(t *testing.T) {
	shell := startShell(t)
	want := Descendants(shell, 3) // its own children come first
	if got := ChildrenOfFirstThread(shell); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := ChildrenOfFirstThread(1 << 30); got != nil {
		t.Errorf("a process that is not there has children %v", got)
	}
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Errorf("kill %d: %v", pid, err)
	}
}
