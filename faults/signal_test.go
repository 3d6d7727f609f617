package faults

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSignalFate(t *testing.T) {
	noDescriptorLeft(t)
	tests := []struct {
		mode string
		want Fate
		says bool // the victim writes a byte when it has the signal
	}{
		{"handle", Taken, true},
		{"ignore", Taken, false},
		{"signalfd", Taken, true},
		{"block", Pending, false},
		{"threads", Ended, false}, // SIGUSR1 ends a process by default
	}
	for _, test := range tests {
		t.Run(test.mode, func(t *testing.T) {
			v := startVictim(t, test.mode)
			for range 10 {
				fate, err := Signal(within(t), v.Target, unix.SIGUSR1)
				if err != nil || fate != test.want {
					t.Fatalf("%v, %v; want %v", fate, err, test.want)
				}
				if test.says && v.next() != 's' {
					t.Fatal("the victim did not get the signal")
				}
				if fate == Ended {
					return
				}
			}
		})
	}
}

func TestSignalToStoppedProcessIsPending(t *testing.T) {
	v := startVictim(t, "handle")
	undo, err := Freeze(within(t), v.Target)
	if err != nil {
		t.Fatal(err)
	}
	fate, err := Signal(within(t), v.Target, unix.SIGUSR1)
	if err != nil || fate != Pending {
		t.Fatalf("%v, %v; want %v", fate, err, Pending)
	}
	thaw(t, undo)
	if got := v.next(); got != 's' {
		t.Errorf("after the thaw the victim says %q", got)
	}
}

func TestSpuriousSIGCHLD(t *testing.T) {
	v := start(t, "cat")
	fate, err := Signal(within(t), v.Target, unix.SIGCHLD)
	if err != nil || fate != Taken {
		t.Errorf("%v, %v; want %v", fate, err, Taken)
	}
}

func TestSignalNotTakenInTime(t *testing.T) {
	noDescriptorLeft(t)
	v := startVictim(t, "spin")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	fate, err := Signal(ctx, v.Target, unix.SIGUSR1)
	if fate != Unknown || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, %v; want %v and the deadline", fate, err, Unknown)
	}
}

func TestSignalToDeadProcess(t *testing.T) {
	v := start(t, "sleep", "60")
	v.kill()
	_, err := Signal(within(t), v.Target, unix.SIGUSR1)
	isGone(t, err, v.Target)
}

func TestStormIsTakenOneByOne(t *testing.T) {
	noDescriptorLeft(t)
	for _, mode := range []string{"handle", "signalfd"} {
		t.Run(mode, func(t *testing.T) {
			const n = 1000
			v := startVictim(t, mode)
			taken, err := Storm(within(t), v.Target, unix.SIGUSR1, n)
			if err != nil || taken != n {
				t.Fatalf("%d taken, %v; want %d", taken, err, n)
			}
			for range n {
				v.next()
			}
		})
	}
}

func TestStormEnds(t *testing.T) {
	v := startVictim(t, "threads")
	taken, err := Storm(within(t), v.Target, unix.SIGUSR1, 10)
	isGone(t, err, v.Target)
	if taken != 0 {
		t.Errorf("%d taken by a process that the first one ends", taken)
	}

	v = startVictim(t, "block")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	taken, err = Storm(ctx, v.Target, unix.SIGUSR1, 10)
	if taken != 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%d taken, %v; want 0 and the deadline", taken, err)
	}
}

func TestKillMakesZombie(t *testing.T) {
	noDescriptorLeft(t)
	v := startVictim(t, "threads")
	v.kill()
	if got := v.state(); got != 'Z' {
		t.Errorf("state %c after Kill, want Z", got)
	}
	isGone(t, Kill(within(t), v.Target), v.Target)
	v.reap()
}

func TestFateNames(t *testing.T) {
	for f := Unknown; f <= Ended; f++ {
		if f.String() == "" || f != Unknown && f.String() == Unknown.String() {
			t.Errorf("fate %d is called %q", f, f)
		}
	}
}
