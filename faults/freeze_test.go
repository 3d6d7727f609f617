package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/internal/proc"
)

func TestFreezeStopsEveryThread(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	v := testproc.StartBehaving(t, "threads")
	for range 20 {
		undo, err := Freeze(testproc.Within(t), v.ID)
		if err != nil {
			t.Fatal(err)
		}
		list, err := procfile.Threads(v.PID)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 9 {
			t.Fatalf("%d threads, want 9", len(list))
		}
		for _, one := range list {
			if one.State != proc.Stopped {
				t.Fatalf("thread %d is in state %c", one.TID, one.State)
			}
		}
		thaw(t, undo)
		if all, _, err := isStopped(v.ID); all || err != nil {
			t.Fatalf("stopped after the thaw: %v, %v", all, err)
		}
	}
}

func TestFreezeOfProcessWhoseLeaderHasExited(t *testing.T) {
	v := testproc.StartBehaving(t, "leaderless")
	v.AwaitState('Z')
	undo, err := Freeze(testproc.Within(t), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	if all, running, err := isStopped(v.ID); !all || err != nil {
		t.Errorf("not stopped: %+v, %v", running, err)
	}
	thaw(t, undo)
}

func TestThawTwice(t *testing.T) {
	v := testproc.Start(t, "cat")
	undo, err := Freeze(testproc.Within(t), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	thaw(t, undo)
	second, err := Freeze(testproc.Within(t), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	thaw(t, undo)
	if got := v.State(); got != 'T' {
		t.Errorf("the first freeze, undone twice, has undone the second: state %c", got)
	}
	thaw(t, second)
}

func TestThawAfterDeath(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	for _, reaped := range []bool{false, true} {
		v := testproc.Start(t, "sleep", "60")
		undo, err := Freeze(testproc.Within(t), v.ID)
		if err != nil {
			t.Fatal(err)
		}
		v.Kill()
		if reaped {
			v.Reap()
		}
		thaw(t, undo)
		v.Reap()
	}
}

func TestFreezeLeavesStoppedProcessStopped(t *testing.T) {
	v := testproc.Start(t, "cat")
	inner, err := Freeze(testproc.Within(t), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := Freeze(testproc.Within(t), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	thaw(t, outer)
	if got := v.State(); got != 'T' {
		t.Errorf("state %c: the undo let a process go on that was stopped before", got)
	}
	thaw(t, inner)
}

func TestFreezeWhileProcessDies(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	for range 30 {
		dying, staying := testproc.Start(t, "sleep", "60"), testproc.Start(t, "sleep", "60")
		killed := make(chan error, 1)
		go func() { killed <- unix.Kill(dying.PID, unix.SIGKILL) }()
		undo, err := Freeze(testproc.Within(t), dying.ID, staying.ID)
		if err := errors.Join(err, <-killed); err != nil {
			t.Fatal(err)
		}
		if got := staying.State(); got != 'T' {
			t.Fatalf("the process that does not end is in state %c", got)
		}
		thaw(t, undo)
		dying.Reap()
		staying.Reap()
	}
}

func TestFreezeOfDeadProcessIsReported(t *testing.T) {
	dead, live := testproc.Start(t, "sleep", "60"), testproc.Start(t, "cat")
	dead.Kill()
	_, err := Freeze(testproc.Within(t), dead.ID)
	isGone(t, err, dead.ID)
	undo, err := Freeze(testproc.Within(t), dead.ID, live.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := live.State(); got != 'T' {
		t.Errorf("the live process is in state %c", got)
	}
	thaw(t, undo)
}

func TestReusedPidIsNotHit(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	v := testproc.Start(t, "cat")
	other := Process{PID: v.PID, Start: v.Start + 1}
	_, err := Freeze(testproc.Within(t), other)
	isGone(t, err, other)
	isGone(t, Kill(testproc.Within(t), other), other)
	_, err = Signal(testproc.Within(t), other, unix.SIGKILL)
	isGone(t, err, other)
	_, err = Storm(testproc.Within(t), other, unix.SIGKILL, 1)
	isGone(t, err, other)
	_, err = DescriptorLimit(other, 0)
	isGone(t, err, other)
	_, err = LowestFreeDescriptor(other)
	isGone(t, err, other)
	// D is no sign of it: on a busy machine it still reads its program.
	if got := v.State(); got != 'S' && got != 'R' && got != 'D' {
		t.Errorf("state %c: the process that has the pid now was hit", got)
	}
}

func TestFreezeGivesUp(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	v, other := testproc.StartBehaving(t, "vfork"), testproc.Start(t, "cat")
	t.Cleanup(func() { v.KillChild() })
	v.AwaitState('D')
	ctx, cancel := context.WithCancel(testproc.Within(t))
	go func() {
		defer cancel()
		awaitPendingStop(t, v.ID)
	}()
	_, err := Freeze(ctx, other.ID, v.ID)
	if !errors.Is(err, context.Canceled) ||
		!strings.Contains(err.Error(), fmt.Sprintf("thread %d is in state D: process %d", v.PID, v.PID)) {
		t.Errorf("error %q names the cause, the process or its state wrongly", err)
	}
	if got := other.State(); got == 'T' {
		t.Error("a process was left stopped")
	}
}

// awaitPendingStop waits until the process was sent SIGSTOP and has not stopped.
func awaitPendingStop(t *testing.T, p Process) {
	err := poll.Quick.Until(testproc.Within(t), func() (bool, error) {
		list, err := procfile.Statuses(p.PID)
		return len(list) > 0 && list[0].ProcessPending.Has(unix.SIGSTOP), err
	})
	if err != nil {
		t.Errorf("wait for a pending SIGSTOP: %v", err)
	}
}

func TestNoopLeavesProcessAlone(t *testing.T) {
	undo, err := Noop(testproc.Within(t))
	if err != nil {
		t.Fatal(err)
	}
	thaw(t, undo)
	thaw(t, undo)
}

func TestNoSuchProcess(t *testing.T) {
	v := testproc.Start(t, "true")
	v.Reap()
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", v.PID)); err == nil {
		t.Skipf("pid %d was used again at once", v.PID)
	}
	isGone(t, Kill(testproc.Within(t), v.ID), v.ID)
}

func thaw(t *testing.T, undo Undo) {
	t.Helper()
	if err := undo(); err != nil {
		t.Fatalf("undo: %v", err)
	}
}

func isGone(t *testing.T, err error, want Process) {
	t.Helper()
	var gone *process.GoneError
	if !errors.Is(err, ErrGone) || !errors.As(err, &gone) || gone.Process != want {
		t.Errorf("error %v, want that %v is gone", err, want)
	}
}
