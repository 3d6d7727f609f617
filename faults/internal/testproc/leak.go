package testproc

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
)

// NoDescriptorLeft checks, when the test ends, that it has left no pidfd open.
func NoDescriptorLeft(t *testing.T) {
	t.Helper()
	before := pidfds(t)
	t.Cleanup(func() {
		if after := pidfds(t); after > before && !t.Failed() {
			t.Errorf("%d pidfds open after the test, %d before", after, before)
		}
	})
}

func pidfds(t *testing.T) (n int) {
	t.Helper()
	open, err := procfile.OpenDescriptors(unix.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		if procfile.Link(unix.Getpid(), fd) == "anon_inode:[pidfd]" {
			n++
		}
	}
	return n
}
