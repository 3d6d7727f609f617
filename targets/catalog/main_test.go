package catalog

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain gives the tests a cache of their own, so that no other process runs
// the programs in it, and adopts what a server leaves behind when it ends.
func TestMain(m *testing.M) {
	cache, err := os.MkdirTemp("", "catalog-")
	if err == nil {
		err = os.Setenv(CacheVariable, cache)
	}
	if err == nil {
		err = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	for { // reap the adopted orphans, all of which have been ended
		if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); pid <= 0 && err != unix.EINTR {
			break
		}
	}
	if err := os.RemoveAll(cache); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// embedded gives the servers of this binary.
func embedded(t *testing.T) []Server {
	t.Helper()
	servers, err := Servers()
	if err != nil {
		t.Fatal(err)
	}
	return servers
}
