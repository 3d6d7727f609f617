package faults

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDescriptorLimitAtTheLowestFree(t *testing.T) {
	noDescriptorLeft(t)
	v := startVictim(t, "open")
	before := softLimit(t, v.Target)
	free, err := LowestFreeDescriptor(v.Target)
	if err != nil {
		t.Fatal(err)
	}
	undo, err := DescriptorLimit(v.Target, uint64(free)+1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []byte{'o', 'm', 'm'} {
		if got := v.open(); got != want {
			t.Errorf("open %d: %q, want %q", i+1, got, want)
		}
	}
	for range 2 {
		thaw(t, undo)
		if after := softLimit(t, v.Target); after != before {
			t.Errorf("soft limit %d after the undo, %d before", after, before)
		}
	}
	if got := v.open(); got != 'o' {
		t.Errorf("open after the undo: %q", got)
	}
}

func TestDescriptorLimitAfterDeath(t *testing.T) {
	noDescriptorLeft(t)
	v := startVictim(t, "open")
	undo, err := DescriptorLimit(v.Target, 3)
	if err != nil {
		t.Fatal(err)
	}
	v.kill()
	thaw(t, undo)
	_, err = DescriptorLimit(v.Target, 3)
	isGone(t, err, v.Target)
	v.reap()
}

func TestDescriptorLimitAboveHardLimit(t *testing.T) {
	noDescriptorLeft(t)
	v := startVictim(t, "open")
	_, err := DescriptorLimit(v.Target, 1<<40)
	if !errors.Is(err, unix.EINVAL) {
		t.Errorf("%v, want EINVAL", err)
	}
	v.reap()
}

func (v *victim) open() byte {
	v.t.Helper()
	if _, err := v.stdin.Write([]byte{'?'}); err != nil {
		v.t.Fatal(err)
	}
	return v.next()
}

func softLimit(t *testing.T, target Target) uint64 {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Prlimit(target.PID, unix.RLIMIT_NOFILE, nil, &limit); err != nil {
		t.Fatal(err)
	}
	return limit.Cur
}
