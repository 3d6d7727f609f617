package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFreezeStopsEveryThread(t *testing.T) {
	noDescriptorLeft(t)
	v := startVictim(t, "threads")
	for range 20 {
		undo, err := Freeze(within(t), v.Target)
		if err != nil {
			t.Fatal(err)
		}
		list, err := threads(v.Target)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 9 {
			t.Fatalf("%d threads, want 9", len(list))
		}
		for _, one := range list {
			if one.state != 'T' {
				t.Fatalf("thread %d is in state %c", one.tid, one.state)
			}
		}
		thaw(t, undo)
		if all, _, err := stopped(v.Target); all || err != nil {
			t.Fatalf("stopped after the thaw: %v, %v", all, err)
		}
	}
}

func TestFreezeOfProcessWhoseLeaderHasExited(t *testing.T) {
	v := startVictim(t, "leaderless")
	v.awaitState('Z')
	undo, err := Freeze(within(t), v.Target)
	if err != nil {
		t.Fatal(err)
	}
	if all, running, err := stopped(v.Target); !all || err != nil {
		t.Errorf("not stopped: %+v, %v", running, err)
	}
	thaw(t, undo)
}

func TestThawTwice(t *testing.T) {
	v := start(t, "cat")
	undo, err := Freeze(within(t), v.Target)
	if err != nil {
		t.Fatal(err)
	}
	thaw(t, undo)
	second, err := Freeze(within(t), v.Target)
	if err != nil {
		t.Fatal(err)
	}
	thaw(t, undo)
	if got := v.state(); got != 'T' {
		t.Errorf("undone twice, the first freeze let go of the second: state %c", got)
	}
	thaw(t, second)
}

func TestThawAfterDeath(t *testing.T) {
	noDescriptorLeft(t)
	for _, reaped := range []bool{false, true} {
		v := start(t, "sleep", "60")
		undo, err := Freeze(within(t), v.Target)
		if err != nil {
			t.Fatal(err)
		}
		v.kill()
		if reaped {
			v.reap()
		}
		thaw(t, undo)
		v.reap()
	}
}

func TestFreezeLeavesStoppedProcessStopped(t *testing.T) {
	v := start(t, "cat")
	inner, err := Freeze(within(t), v.Target)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := Freeze(within(t), v.Target)
	if err != nil {
		t.Fatal(err)
	}
	thaw(t, outer)
	if got := v.state(); got != 'T' {
		t.Errorf("state %c: the undo let a process go on that was stopped before", got)
	}
	thaw(t, inner)
}

func TestFreezeWhileProcessDies(t *testing.T) {
	noDescriptorLeft(t)
	for range 30 {
		dying, staying := start(t, "sleep", "60"), start(t, "sleep", "60")
		killed := make(chan error, 1)
		go func() { killed <- unix.Kill(dying.PID, unix.SIGKILL) }()
		frozen, err := StopGroup(within(t), dying.Target, staying.Target)
		if err := errors.Join(err, <-killed); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(frozen.Stopped, staying.Target) || len(frozen.Stopped)+len(frozen.Gone) != 2 {
			t.Fatalf("stopped %v, gone %v", frozen.Stopped, frozen.Gone)
		}
		thaw(t, frozen.Thaw)
		dying.reap()
		staying.reap()
	}
}

func TestFreezeOfDeadProcessIsReported(t *testing.T) {
	dead, live := start(t, "sleep", "60"), start(t, "cat")
	dead.kill()
	_, err := Freeze(within(t), dead.Target)
	isGone(t, err, dead.Target)
	frozen, err := StopGroup(within(t), dead.Target, live.Target)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(frozen.Gone, dead.Target) || !slices.Contains(frozen.Stopped, live.Target) {
		t.Errorf("stopped %v, gone %v", frozen.Stopped, frozen.Gone)
	}
	thaw(t, frozen.Thaw)
}

func TestReusedPidIsNotHit(t *testing.T) {
	noDescriptorLeft(t)
	v := start(t, "cat")
	other := Target{PID: v.PID, Start: v.Start + 1}
	_, err := Freeze(within(t), other)
	isGone(t, err, other)
	isGone(t, Kill(within(t), other), other)
	_, err = Signal(within(t), other, unix.SIGKILL)
	isGone(t, err, other)
	_, err = Storm(within(t), other, unix.SIGKILL, 1)
	isGone(t, err, other)
	_, err = DescriptorLimit(other, 0)
	isGone(t, err, other)
	_, err = LowestFreeDescriptor(other)
	isGone(t, err, other)
	// D is no sign of it: on a busy machine it still reads its program.
	if got := v.state(); got != 'S' && got != 'R' && got != 'D' {
		t.Errorf("state %c: the process that has the pid now was hit", got)
	}
}

func TestFreezeGivesUp(t *testing.T) {
	noDescriptorLeft(t)
	v, other := startVictim(t, "vfork"), start(t, "cat")
	t.Cleanup(func() { v.killChild() })
	v.awaitState('D')
	ctx, cancel := context.WithCancel(within(t))
	go func() {
		defer cancel()
		v.awaitPendingStop()
	}()
	_, err := Freeze(ctx, other.Target, v.Target)
	if !errors.Is(err, context.Canceled) ||
		!strings.Contains(err.Error(), fmt.Sprintf("thread %d is in state D: process %d", v.PID, v.PID)) {
		t.Errorf("error %q names the cause, the process or its state wrongly", err)
	}
	if got := other.state(); got == 'T' {
		t.Error("a process was left stopped")
	}
}

// awaitPendingStop waits until the victim has been sent SIGSTOP and has not
// taken it.
func (v *victim) awaitPendingStop() {
	err := poll(within(v.t), func() (bool, error) {
		list, err := statuses(v.Target)
		return err == nil && isPending(list, unix.SIGSTOP), err
	})
	if err != nil {
		v.t.Errorf("wait for a pending SIGSTOP: %v", err)
	}
}

// killChild kills the only child, which lets the victim reap it and end.
func (v *victim) killChild() {
	path := fmt.Sprintf("/proc/%d/task/%d/children", v.PID, v.PID)
	data, err := os.ReadFile(path)
	if err != nil {
		v.t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		v.t.Fatalf("%s: %q is not one pid", path, data)
	}
	if err := unix.Kill(child, unix.SIGKILL); err != nil {
		v.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	if err := poll(ctx, func() (bool, error) { return v.state() == 'Z', nil }); err != nil {
		v.t.Fatalf("the victim does not end with its child: %v", err)
	}
}

func TestNoopLeavesProcessAlone(t *testing.T) {
	undo, err := Noop(within(t))
	if err != nil {
		t.Fatal(err)
	}
	thaw(t, undo)
	thaw(t, undo)
}

func TestNoSuchProcess(t *testing.T) {
	v := start(t, "true")
	v.reap()
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", v.PID)); err == nil {
		t.Skipf("pid %d was used again at once", v.PID)
	}
	isGone(t, Kill(within(t), v.Target), v.Target)
}

func thaw(t *testing.T, undo Undo) {
	t.Helper()
	if err := undo(); err != nil {
		t.Fatalf("undo: %v", err)
	}
}

func isGone(t *testing.T, err error, want Target) {
	t.Helper()
	var gone *ProcessGone
	if !errors.Is(err, ErrGone) || !errors.As(err, &gone) || gone.Target != want {
		t.Errorf("error %v, want that %v is gone", err, want)
	}
}
