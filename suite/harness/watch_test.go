package harness

import (
	"testing"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// TestRestartsForEver: processes that come and go bring nothing nearer. A wait
// for such a tree ends with the grace, and not before.
func TestRestartsForEver(t *testing.T) {
	const step = 100 * time.Millisecond
	limits := DefaultLimits()
	running := func(pid int) observe.Process {
		return observe.Process{
			ID: observe.ProcessID{PID: pid, Start: uint64(pid)}, State: observe.Running,
			Tasks: []observe.Task{{TID: pid, State: observe.Running}},
		}
	}
	listener := observe.Socket{State: observe.Listen, Inode: 7}
	for name, test := range map[string]struct {
		also func(i int, p *observe.Picture) // what else the i-th look shows
		ends time.Duration
	}{
		"nothing else": {func(int, *observe.Picture) {}, step + limits.Grace}, // after the first one ended
		"one opens a file": {func(_ int, p *observe.Picture) {
			p.Processes[0].Descriptors = make([]observe.Descriptor, 2)
		}, step + limits.Grace},
		"a connection comes in the middle": {func(i int, p *observe.Picture) {
			p.Sockets = []observe.Socket{listener}
			if i >= 50 {
				p.Sockets = append(p.Sockets, observe.Socket{State: observe.Established, Inode: 8})
			}
		}, 5*time.Second + step + limits.Grace},
		"one that was there ends in the middle": {func(i int, p *observe.Picture) {
			if i < 50 {
				p.Processes = append(p.Processes, running(1))
			}
		}, 5*time.Second + limits.Grace},
		"one that was there is kept waiting": {func(_ int, p *observe.Picture) {
			p.Processes = append(p.Processes, running(1))
		}, 0},
	} {
		w := watch{learnt: &learnt{}, limits: limits}
		begin := time.Now()
		var ended time.Duration
		for i := range 400 {
			now := observe.Picture{At: begin.Add(time.Duration(i) * step), Processes: []observe.Process{running(1000 + i)}}
			test.also(i, &now)
			if w.look(match.Snapshot{Picture: now}) != seen {
				ended = now.At.Sub(begin)
				break
			}
		}
		if ended != test.ends {
			t.Errorf("%s: the wait ended after %v, want %v", name, ended, test.ends)
		}
	}
}

// A look that the machine held up says nothing about the next one: to put that off for as
// long, once for each of a hundred clients, would take minutes.
func TestLookHeldUp(t *testing.T) {
	w := waiter{view: &view{}}
	w.took(2*time.Millisecond, 4)
	w.took(3*time.Second, 2)
	if got, want := w.expectedCost(), time.Millisecond; got != want {
		t.Errorf("the next look at two processes is expected to take %v, want %v", got, want)
	}
}
