package trace

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
)

// TestInVfork checks which threads are taken for one that waits for its vfork child.
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

// A thread that waits for its vfork child cannot be stopped: Inject fails when ctx
// is done, and leaves nothing stopped.
func TestVforkCannotBeStopped(t *testing.T) {
	v := testproc.StartBehaving(t, "vfork")
	t.Cleanup(func() { v.KillChild() })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := Inject(ctx, []process.ID{v.ID}, Injection{Family: Wait})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "state D") {
		t.Errorf("%v, want that a thread in state D was waited for", err)
	}
	if took := time.Since(begin); took > testproc.Guard {
		t.Errorf("it took %v", took)
	}
	v.AwaitState('D')
}
