package trace

import (
	"os"
	"testing"

	"github.com/forkproof/forkproof/faults/internal/testproc"
)

// TestInVfork tells a thread that waits for its vfork child from others.
func TestInVfork(t *testing.T) {
	v := testproc.StartBehaving(t, "vfork")
	t.Cleanup(func() { v.KillChild() })
	v.AwaitState('D')
	if !inVfork(v.PID, v.PID) {
		t.Error("one that waits for its vfork child is not seen to")
	}
	for _, pid := range []int{os.Getppid(), os.Getpid(), 0} {
		if inVfork(pid, pid) {
			t.Errorf("process %d is taken for one that waits for its vfork child", pid)
		}
	}
}

func TestCloneFlags(t *testing.T) {
	if got := cloneFlags(os.Getpid(), "clone", 17); got != 17 {
		t.Errorf("clone: %d", got)
	}
	if got := cloneFlags(os.Getpid(), "clone3", 1); got != ^uint64(0) {
		t.Errorf("clone3 with arguments that cannot be read: %#x", got)
	}
}
