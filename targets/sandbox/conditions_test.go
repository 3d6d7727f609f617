package sandbox

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// startSleep starts a program that does nothing.
func startSleep(t *testing.T, c wire.Conditions) (int, error) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	return host(t).Start(t.Context(), wire.Program{
		Path: "/bin/sleep", Args: []string{"sleep", "1000"}, Conditions: c, Stdin: null, Output: null,
	})
}

// inherited reads from /proc what a program was started with.
func inherited(t *testing.T, pid int) (blocked, ignored uint64, descriptors string, environ []string) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/", pid)
	status, err := os.ReadFile(dir + "status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "SigBlk: %x", &blocked)
		_, _ = fmt.Sscanf(line, "SigIgn: %x", &ignored)
	}
	entries, err := os.ReadDir(dir + "fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		descriptors += e.Name()
	}
	data, err := os.ReadFile(dir + "environ")
	if err != nil {
		t.Fatal(err)
	}
	return blocked, ignored, descriptors, strings.Split(string(data), "\x00")
}

func TestStartConditions(t *testing.T) {
	for _, test := range []struct {
		name             string
		conditions       wire.Conditions
		blocked, ignored uint64
		descriptors      string
	}{
		{"ordinary", wire.Conditions{}, 0, 0, "012"},
		{"SIGCHLD and SIGPIPE ignored", wire.Conditions{Ignored: []unix.Signal{unix.SIGCHLD, unix.SIGPIPE}}, 0, 1<<16 | 1<<12, "012"},
		{"SIGCHLD and signal 64 blocked", wire.Conditions{Blocked: []unix.Signal{unix.SIGCHLD, 64}}, 1<<63 | 1<<16, 0, "012"},
		{"no input", wire.Conditions{Closed: []int{0}}, 0, 0, "12"},
		{"no standard descriptor", wire.Conditions{Closed: []int{0, 1, 2}}, 0, 0, ""},
		{"more environment", wire.Conditions{Env: []string{"COLOUR=red"}}, 0, 0, "012"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pid, err := startSleep(t, test.conditions)
			if err != nil {
				t.Fatal(err)
			}
			within(t, "it sleeps", func() bool { state, _ := observe.ReadState(pid); return state == observe.Sleeping })
			blocked, ignored, descriptors, environ := inherited(t, pid)
			if blocked != test.blocked || ignored != test.ignored || descriptors != test.descriptors {
				t.Errorf("blocked %x, ignored %x, descriptors %q; want %x, %x, %q",
					blocked, ignored, descriptors, test.blocked, test.ignored, test.descriptors)
			}
			for _, entry := range test.conditions.Env {
				if !slices.Contains(environ, entry) {
					t.Errorf("%s is not in the environment", entry)
				}
			}
		})
	}
}

func TestConditionsThatCannotBe(t *testing.T) {
	for _, c := range []wire.Conditions{
		{Ignored: []unix.Signal{unix.SIGKILL}},
		{Blocked: []unix.Signal{65}},
	} {
		if _, err := startSleep(t, c); err == nil {
			t.Errorf("%v was accepted", c)
		}
	}
}
