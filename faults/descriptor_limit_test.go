package faults

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/testproc"
)

func TestDescriptorLimitAtTheLowestFree(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	v := testproc.StartBehaving(t, "open")
	before := softLimit(t, v.ID)
	free, err := LowestFreeDescriptor(v.ID)
	if err != nil {
		t.Fatal(err)
	}
	undo, err := DescriptorLimit(v.ID, uint64(free)+1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []byte{'o', 'm', 'm'} {
		if got := open(t, v); got != want {
			t.Errorf("open %d: %q, want %q", i+1, got, want)
		}
	}
	for range 2 {
		thaw(t, undo)
		if after := softLimit(t, v.ID); after != before {
			t.Errorf("soft limit %d after the undo, %d before", after, before)
		}
	}
	if got := open(t, v); got != 'o' {
		t.Errorf("open after the undo: %q", got)
	}
}

func TestDescriptorLimitAfterDeath(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	v := testproc.StartBehaving(t, "open")
	undo, err := DescriptorLimit(v.ID, 3)
	if err != nil {
		t.Fatal(err)
	}
	v.Kill()
	thaw(t, undo)
	_, err = DescriptorLimit(v.ID, 3)
	isGone(t, err, v.ID)
	v.Reap()
}

func TestDescriptorLimitAboveHardLimit(t *testing.T) {
	testproc.NoDescriptorLeft(t)
	v := testproc.StartBehaving(t, "open")
	_, err := DescriptorLimit(v.ID, 1<<40)
	if !errors.Is(err, unix.EINVAL) {
		t.Errorf("%v, want EINVAL", err)
	}
	v.Reap()
}

// open makes the process open a file, and returns the byte that it writes then.
func open(t *testing.T, p *testproc.Process) byte {
	t.Helper()
	if _, err := p.Stdin.Write([]byte{'?'}); err != nil {
		t.Fatal(err)
	}
	return p.Next()
}

func softLimit(t *testing.T, target Process) uint64 {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Prlimit(target.PID, unix.RLIMIT_NOFILE, nil, &limit); err != nil {
		t.Fatal(err)
	}
	return limit.Cur
}
