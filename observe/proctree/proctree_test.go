package proctree

import (
	"bufio"
	"os/exec"
	"slices"
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
	children := everybody()
	scanned := descendants(shell, 100, func(pid int) []int { return children[pid] })
	asked := Descendants(shell, 100)
	slices.Sort(scanned)
	slices.Sort(asked)
	if !slices.Equal(scanned, asked) {
		t.Errorf("a scan gives %v, the lists of children %v", scanned, asked)
	}
}

func TestParentIn(t *testing.T) {
	for line, want := range map[string]int{
		"812 (cat) S 811 812 811 0": 811, "7 (a ) S 3 (b) R 5 6 7": 5, "9 (x": 0, "9 (x) S": 0,
	} {
		if pid, ok := parentIn([]byte(line)); pid != want || ok != (want != 0) {
			t.Errorf("%q: %d, %v", line, pid, ok)
		}
	}
}

func TestOfFirstThread(t *testing.T) {
	shell := startShell(t)
	want := Descendants(shell, 3) // its own children come first
	if got := OfFirstThread(shell); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := OfFirstThread(1 << 30); got != nil {
		t.Errorf("a process that is not there has children %v", got)
	}
}
