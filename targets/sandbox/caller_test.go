package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// called lets the rest of a test run on a thread that is as the caller of forkproof left
// it. An init that this thread clones inherits that. The thread ends with the test.
func called(t *testing.T, set func() error) {
	t.Helper()
	idle.closeAll() // those were cloned by others
	t.Cleanup(idle.closeAll)
	runtime.LockOSThread()
	if err := set(); err != nil {
		t.Fatal(err)
	}
}

// told runs a script as a server on a host of its own. It returns what the server prints,
// and the init of the host.
func told(t *testing.T, script string) (string, *initPeer) {
	t.Helper()
	dir := files(t, map[string]os.FileMode{"server": 0o755})
	if err := os.WriteFile(filepath.Join(dir, "server"), []byte("#!/bin/sh\nexec 2>&1\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	text, peer := runIn(t, dir)
	return strings.TrimSpace(text), peer
}

// TestNice: with a nice value one init serves all hosts, and the servers have that value.
func TestNice(t *testing.T) {
	for name, set := range map[string]func() error{
		"with CAP_SYS_NICE": func() error { return nil },
		"without CAP_SYS_NICE": func() error {
			err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_SYS_NICE, 0, 0, 0)
			if os.Getuid() != 0 && errors.Is(err, unix.EPERM) {
				return nil // there is none to drop
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			called(t, func() error { return errors.Join(unix.Setpriority(unix.PRIO_PROCESS, 0, 5), set()) })
			var holder *initPeer
			for range 4 {
				nice, peer := told(t, "cut -d' ' -f19 /proc/self/stat")
				if nice != "5" {
					t.Errorf("the server has the nice value %s, want 5", nice)
				}
				if holder != nil && peer != holder && Probe().PIDs {
					t.Error("another init held the next host")
				}
				holder = peer
			}
		})
	}
}

// TestUmask: a server starts with the usual umask, whatever that of forkproof's caller is.
func TestUmask(t *testing.T) {
	called(t, func() error {
		err := unix.Unshare(unix.CLONE_FS) // else it would be all threads' umask
		unix.Umask(0o077)
		return err
	})
	got, _ := told(t, "grep -h Umask /proc/self/status; echo x >new; ls -l \"$PWD/new\" | cut -c1-10")
	if want := "Umask:\t0022\n-rw-r--r--"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
