package observe

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// A fakeProc is a directory like /proc, in which process 1 is the root.
type fakeProc struct {
	t   *testing.T
	dir string
}

func newFakeProc(t *testing.T) fakeProc {
	f := fakeProc{t, t.TempDir()}
	f.write("thread-self/children", "")
	f.write("self/stat", "")
	return f
}

func (f fakeProc) write(name, text string) {
	path := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Error(err)
	}
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		f.t.Error(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		f.t.Error(err)
	}
}

const sleepingStatus = "State:	S (sleeping)\nSigPnd:	0\nShdPnd:	0\nSigBlk:	0\nSigIgn:	0\nSigCgt:	0\n" +
	"voluntary_ctxt_switches:	1\nnonvoluntary_ctxt_switches:	0\n"

func statLine(pid, parent, start int) string {
	return fmt.Sprintf("%d (fake) S %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 25\n", pid, parent, start)
}

func (f fakeProc) process(pid, parent, start int, children string) {
	f.write(fmt.Sprintf("%d/task/%d/children", pid, pid), children)
	f.write(fmt.Sprintf("%d/task/%d/status", pid, pid), sleepingStatus)
	f.write(fmt.Sprintf("%d/stat", pid), statLine(pid, parent, start))
}

// whileReading calls change during the first read of a process, just before its
// stat file is answered.
func (f fakeProc) whileReading(pid int, change func()) {
	path := filepath.Join(f.dir, fmt.Sprintf("%d/stat", pid))
	text, err := os.ReadFile(path)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		f.t.Fatal(err)
	}
	if err := unix.Mkfifo(path, 0o600); err != nil {
		f.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		pipe, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			f.t.Error(err)
			return
		}
		f.write(fmt.Sprintf("%d/stat", pid), string(text))
		change()
		if _, err := pipe.Write(text); err != nil {
			f.t.Error(err)
		}
		if err := pipe.Close(); err != nil {
			f.t.Error(err)
		}
	}()
	f.t.Cleanup(func() { <-done })
}

func (f fakeProc) look(d Detail) []int {
	f.t.Helper()
	p, err := newObserver(f.dir, 1, nil).Look(d)
	if err != nil {
		f.t.Fatal(err)
	}
	var pids []int
	for _, q := range p.Processes {
		pids = append(pids, q.ID.PID)
	}
	return pids
}

func TestSiblingsInOrderOfStart(t *testing.T) {
	f := newFakeProc(t)
	f.process(1, 0, 1, "2 3 4 ")
	f.process(2, 1, 30, "5 ")
	f.process(3, 1, 20, "")
	f.process(4, 1, 30, "")
	f.process(5, 2, 40, "")
	if pids := f.look(0); !slices.Equal(pids, []int{3, 2, 4, 5}) {
		t.Errorf("%v", pids)
	}
}

// A parent ends while it is read, and its child goes to the root.
func TestOrphanedMeanwhile(t *testing.T) {
	f := newFakeProc(t)
	f.process(1, 0, 1, "2 ")
	f.process(2, 1, 10, "")
	f.process(3, 1, 20, "")
	f.whileReading(2, func() { f.write("1/task/1/children", "2 3 ") })
	if pids := f.look(0); !slices.Equal(pids, []int{2, 3}) {
		t.Errorf("%v", pids)
	}
}

// When a process vanishes, the tree is read again.
func TestReadAgainWhenOneVanished(t *testing.T) {
	f := newFakeProc(t)
	f.process(1, 0, 1, "2 ")
	f.process(2, 1, 10, "4 5 ")
	f.process(5, 2, 30, "")
	f.whileReading(5, func() { f.process(4, 2, 20, "") })
	if pids := f.look(0); !slices.Equal(pids, []int{2, 4, 5}) {
		t.Errorf("%v", pids)
	}
}

// A list of children that is read while one of them is reaped can miss
// another, which the last walk had seen.
func TestMissedByTheSecondWalk(t *testing.T) {
	f := newFakeProc(t)
	f.process(1, 0, 1, "2 ")
	f.process(2, 1, 10, "4 5 6 ")
	f.process(5, 2, 20, "")
	f.process(6, 2, 30, "")
	f.whileReading(6, func() { f.write("2/task/2/children", "6 ") })
	if pids := f.look(0); !slices.Equal(pids, []int{2, 6, 5}) {
		t.Errorf("%v", pids)
	}
}

// Another process with the same pid is not taken for the first.
func TestPIDUsedAgain(t *testing.T) {
	f := newFakeProc(t)
	f.process(1, 0, 1, "2 3 ")
	f.process(2, 1, 10, "")
	f.process(3, 1, 20, "")
	f.whileReading(3, func() { f.write("2/stat", statLine(2, 1, 99)) })
	if pids := f.look(Tasks); !slices.Equal(pids, []int{3}) {
		t.Errorf("%v", pids)
	}
}

// A process is gone when its threads are to be read. Its parent, whose threads
// were read before, may be awake by then.
func TestVanished(t *testing.T) {
	f := newFakeProc(t)
	f.process(1, 0, 1, "2 ")
	f.process(2, 1, 10, "3 ")
	f.process(3, 2, 20, "")
	o := newObserver(f.dir, 1, nil)
	for _, c := range []struct {
		name   string
		change func()
		pids   int
		want   bool
	}{
		{"nothing happens", func() {}, 2, false},
		{"one is reaped meanwhile", func() { f.write("3/stat", statLine(3, 9, 99)) }, 1, true},
	} {
		f.whileReading(3, c.change)
		p, err := o.Look(Tasks)
		if err != nil {
			t.Fatal(err)
		}
		if p.Vanished != c.want || len(p.Processes) != c.pids {
			t.Errorf("%s: %t, with %d processes", c.name, p.Vanished, len(p.Processes))
		}
	}
}

func TestNoProc(t *testing.T) {
	if p, err := newObserver(filepath.Join(t.TempDir(), "proc"), 1, nil).Look(0); err == nil {
		t.Errorf("%+v without /proc", p)
	}
}

// What is known of a sleep holds only as long as the thread does not run.
func TestSleepIsKnown(t *testing.T) {
	id := ProcessID{PID: 812, Start: 1}
	call := Call{Number: 1, Name: "pause"}
	known := call
	known.Wait = Timed // a new look would say untimed
	for _, c := range []struct {
		switches uint64
		want     Wait
	}{{4, Timed}, {5, Untimed}} {
		w := taskReader{r: &procReader{root: "/proc"}, before: map[int]sleep{812: {812, id, 4, known}}}
		task := Task{TID: 812, Switches: c.switches, Call: call}
		w.addTiming(&task, id)
		if task.Call.Wait != c.want || len(w.sleeps) != 1 {
			t.Errorf("after %d switches: %v", c.switches, task.Call.Wait)
		}
	}
}
