package faults

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
)

func TestSignalDelivery(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	tests := []struct {
		mode string
		want process.Delivery
		says bool // the process writes a byte when it receives the signal
	}{
		{"handle", process.Delivered, true},
		{"ignore", process.Delivered, false},
		{"signalfd", process.Delivered, true},
		{"block", process.Pending, false},
		{"threads", process.Ended, false}, // SIGUSR1 ends a process by default
	}
	for _, test := range tests {
		t.Run(test.mode, func(t *testing.T) {
			v := testproc.StartBehaving(t, test.mode)
			for range 10 {
				state, err := Signal(testproc.Within(t), v.ID, unix.SIGUSR1)
				if err == nil && state == process.Delivered && test.want == process.Ended {
					return // its default action was taken, and the process is about to end
				}
				if err != nil || state != test.want {
					t.Fatalf("%v, %v; want %v", state, err, test.want)
				}
				if test.says && v.Next() != 's' {
					t.Fatal("the process did not receive the signal")
				}
				if state == process.Ended {
					return
				}
			}
		})
	}
}

func TestSignalToStoppedProcessIsPending(t *testing.T) {
	v := testproc.StartBehaving(t, "handle")
	undo, err := Freeze(testproc.Within(t), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	state, err := Signal(testproc.Within(t), v.ID, unix.SIGUSR1)
	if err != nil || state != process.Pending {
		t.Fatalf("%v, %v; want %v", state, err, process.Pending)
	}
	thaw(t, undo)
	if got := v.Next(); got != 's' {
		t.Errorf("after the thaw the process wrote %q", got)
	}
}

func TestSpuriousSIGCHLD(t *testing.T) {
	v := testproc.Start(t, "cat")
	state, err := Signal(testproc.Within(t), v.ID, unix.SIGCHLD)
	if err != nil || state != process.Delivered {
		t.Errorf("%v, %v; want %v", state, err, process.Delivered)
	}
}

func TestSignalNotTakenInTime(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	v := testproc.StartBehaving(t, "spin")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	state, err := Signal(ctx, v.ID, unix.SIGUSR1)
	if state != process.Undecided || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, %v; want %v and the deadline", state, err, process.Undecided)
	}
}

func TestSignalToDeadProcess(t *testing.T) {
	v := testproc.Start(t, "sleep", "60")
	v.Kill()
	_, err := Signal(testproc.Within(t), v.ID, unix.SIGUSR1)
	isGone(t, err, v.ID)
}

func TestStormIsTakenOneByOne(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	for _, mode := range []string{"handle", "signalfd"} {
		t.Run(mode, func(t *testing.T) {
			const n = 1000
			v := testproc.StartBehaving(t, mode)
			delivered, err := Storm(testproc.Within(t), v.ID, unix.SIGUSR1, n)
			if err != nil || delivered != n {
				t.Fatalf("%d delivered, %v; want %d", delivered, err, n)
			}
			for range n {
				v.Next()
			}
		})
	}
}

func TestStormEnds(t *testing.T) {
	v := testproc.StartBehaving(t, "threads")
	delivered, err := Storm(testproc.Within(t), v.ID, unix.SIGUSR1, 10)
	isGone(t, err, v.ID)
	if delivered != 0 {
		t.Errorf("%d delivered by a process that the first one ends", delivered)
	}

	v = testproc.StartBehaving(t, "block")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	delivered, err = Storm(ctx, v.ID, unix.SIGUSR1, 10)
	if delivered != 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%d delivered, %v; want 0 and the deadline", delivered, err)
	}
}

func TestKillMakesZombie(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	v := testproc.StartBehaving(t, "threads")
	v.Kill()
	if got := v.State(); got != 'Z' {
		t.Errorf("state %c after Kill, want Z", got)
	}
	isGone(t, Kill(testproc.Within(t), v.ID), v.ID)
	v.Reap()
}

func TestDeliveryNames(t *testing.T) {
	for f := process.Undecided; f <= process.Ended; f++ {
		if f.String() == "" || f != process.Undecided && f.String() == process.Undecided.String() {
			t.Errorf("delivery %d is called %q", f, f)
		}
	}
}
