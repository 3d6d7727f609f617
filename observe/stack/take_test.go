package stack

import (
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/internal/proc"
	"github.com/forkproof/forkproof/observe"
)

// sleeper starts a program that waits for input, and returns it as a look shows it.
func sleeper(t *testing.T) observe.Process {
	t.Helper()
	cmd := exec.Command("cat")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	o := observe.New(os.Getpid(), nil)
	defer o.Close()
	var found observe.Process
	err := poll.Quick.Until(t.Context(), func() (bool, error) {
		picture, err := o.Look(observe.Tasks)
		for _, p := range picture.Processes {
			if p.ID.PID == cmd.Process.Pid && len(p.Tasks) == 1 && p.Tasks[0].Call.Name == "read" && p.Tasks[0].Call.Args[0] == 0 {
				found = p
			}
		}
		return found.ID.PID != 0, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestTake holds what a sample has, and that the process sleeps on.
func TestTake(t *testing.T) {
	var c Collection
	p := sleeper(t)
	for want := range 3 {
		place, err := c.Take(p)
		if err != nil || place != want {
			t.Fatalf("got place %d and error %v, want %d and none", place, err, want)
		}
	}
	s := c.Samples()[0]
	own := 0
	for _, m := range s.Code {
		if m.Own {
			own++
		}
		if m.File >= len(c.Files()) {
			t.Errorf("a mapping has file %d of %d", m.File, len(c.Files()))
		}
	}
	if s.Known == 0 || len(s.Stack) == 0 || len(s.Stack) > mostStack || own != 1 {
		t.Errorf("known registers %b, %d bytes of stack, %d mappings of the program", s.Known, len(s.Stack), own)
	}
	if n := len(c.Files()); n == 0 || n > len(s.Code) {
		t.Errorf("%d files after three samples of one process with %d mappings", n, len(s.Code))
	}
	c.Close()
	if len(c.Samples())+len(c.Files()) != 0 {
		t.Error("something is left after Close")
	}
}

// TestTakeStopped holds that a sample of a stopped process is taken at once, and that
// the process is stopped still.
func TestTakeStopped(t *testing.T) {
	var c Collection
	defer c.Close()
	p := sleeper(t)
	if err := unix.Kill(p.ID.PID, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	state := func() observe.State {
		text, err := os.ReadFile(taskFile(p.ID.PID, p.ID.PID, "stat"))
		if err != nil {
			t.Fatal(err)
		}
		stat, err := proc.ParseStat(text)
		if err != nil {
			t.Fatal(err)
		}
		return stat.State
	}
	err := poll.Quick.Until(t.Context(), func() (bool, error) { return state() == observe.Stopped, nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Take(p); err != nil {
		t.Error(err)
	}
	err = poll.Quick.Until(t.Context(), func() (bool, error) { return state() == observe.Stopped, nil })
	if err != nil {
		t.Fatal(err)
	}
}

// TestTakeNothing holds that there is no sample of what is not as it was seen.
func TestTakeNothing(t *testing.T) {
	var c Collection
	defer c.Close()
	elsewhere, another, outside := sleeper(t), sleeper(t), sleeper(t)
	elsewhere.Tasks[0].Call.Args[0]++
	another.ID.Start++
	outside.Tasks[0].Call = observe.Call{Number: -1}
	gone := another
	gone.ID.PID = 1 << 22 // above pid_max
	for name, p := range map[string]observe.Process{
		"in another call": elsewhere, "another process": another, "outside a call": outside, "gone": gone, "empty": {},
	} {
		if _, err := c.Take(p); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if n := len(c.Samples()); n != 0 {
		t.Errorf("%d samples", n)
	}
}

func TestParseRegion(t *testing.T) {
	for line, want := range map[string]region{
		"7f1c8a200000-7f1c8a228000 r--p 00001000 fd:00 1835 /usr/lib/x86_64-linux-gnu/libc.so.6": {
			start: 0x7f1c8a200000, end: 0x7f1c8a228000, offset: 0x1000, inode: 1835, path: "/usr/lib/x86_64-linux-gnu/libc.so.6"},
		"00400000-00401000 r-xp 00000000 00:2f 12                         /tmp/my server (deleted)": {
			start: 0x400000, end: 0x401000, executable: true, inode: 12, path: "/tmp/my server (deleted)"},
		"7ffd0000-7ffe0000 rw-p 00000000 00:00 0                          [stack]": {
			start: 0x7ffd0000, end: 0x7ffe0000, path: "[stack]"},
		"7ffd0000-7ffe0000 rw-p 00000000 00:00 0 ": {start: 0x7ffd0000, end: 0x7ffe0000},
	} {
		got, err := parseRegion(line)
		if err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(region{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
	for _, line := range []string{"", "no line at all", "1-x r-xp 0 00:00 0", "1-2 r-xp 0 00:00"} {
		if r, err := parseRegion(line); err == nil {
			t.Errorf("%q: got %v, want an error", line, r)
		}
	}
}

func TestIsInterpreter(t *testing.T) {
	for program, want := range map[string]bool{
		"/usr/bin/python3.11": true, "/bin/sh": true, "/usr/bin/perl": true, "/usr/local/bin/node": true,
		"/home/a/server": false, "/home/a/shserver": false, "./pythonlike": false,
	} {
		if got := isInterpreter(program); got != want {
			t.Errorf("%s: %v, want %v", program, got, want)
		}
	}
}

// TestTakeStoppedByTracer holds that the thread that has stopped another sees where it is,
// and sees the same place again by its mark.
func TestTakeStoppedByTracer(t *testing.T) {
	p := sleeper(t)
	tid := p.Tasks[0].TID
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	a, _, err := attach(tid)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.detach() }()
	var c Collection
	defer c.Close()
	place, err := c.TakeStopped(p.ID.PID, tid)
	if err != nil || place != 0 {
		t.Fatalf("got place %d and error %v, want 0 and none", place, err)
	}
	if s := c.Samples()[0]; s.Known == 0 || s.PC == 0 || len(s.Stack) == 0 || len(s.Code) == 0 {
		t.Errorf("the sample lacks something: registers %b, pc %x, %d bytes of stack, %d mappings", s.Known, s.PC, len(s.Stack), len(s.Code))
	}
	var m Marker
	first, err := m.Mark(p.ID.PID, tid)
	second, again := m.Mark(p.ID.PID, tid)
	if err != nil || again != nil || first != second {
		t.Errorf("marks %x (%v) and %x (%v) of one place", first, err, second, again)
	}
}
