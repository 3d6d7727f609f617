package catalog

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain makes the test the subreaper of the processes that a server leaves
// behind when it ends.
func TestMain(m *testing.M) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	for { // reap the orphans, all of which have been killed
		if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); pid <= 0 && err != unix.EINTR {
			break
		}
	}
	os.Exit(code)
}

// embedded returns the servers of this binary.
func embedded(t *testing.T) []Server {
	t.Helper()
	servers, err := Servers()
	if err != nil {
		t.Fatal(err)
	}
	return servers
}
