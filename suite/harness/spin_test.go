package harness

import (
	"testing"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// TestOnlySpinnersRun: what spins is no longer waited for at length only when
// no other process can do anything.
func TestOnlySpinnersRun(t *testing.T) {
	process := func(pid int, state observe.State, cpu time.Duration, wait observe.Wait) observe.Process {
		return observe.Process{
			ID: observe.ProcessID{PID: pid, Start: uint64(pid)}, State: state, CPU: cpu,
			Tasks: []observe.Task{{TID: pid, State: state, Call: observe.Call{Name: "read", Wait: wait}}},
		}
	}
	picture := func(spent time.Duration, other observe.Process) observe.Picture {
		return observe.Picture{Processes: []observe.Process{process(1, observe.Running, spent, observe.Untimed), other}}
	}
	for name, test := range map[string]struct {
		other observe.Process
		want  bool
	}{
		"the other sleeps for good":  {process(2, observe.Sleeping, 7, observe.Untimed), true},
		"the other waits for a time": {process(2, observe.Sleeping, 7, observe.Timed), false},
		"the other is ready to run":  {process(2, observe.Running, 7, observe.Untimed), false},
	} {
		since, last, now := picture(0, test.other), picture(time.Millisecond, test.other), picture(time.Second, test.other)
		if got := onlySpinnersRun(since, last, now); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}

// TestSomeAwaitTheirTurn: what a parent burns is not held against its child,
// which the machine has not let run yet, or not for long.
func TestSomeAwaitTheirTurn(t *testing.T) {
	process := func(pid int, cpu time.Duration) observe.Process {
		return observe.Process{
			ID: observe.ProcessID{PID: pid, Start: uint64(pid)}, State: observe.Running, CPU: cpu,
			Tasks: []observe.Task{{TID: pid, State: observe.Running, CPU: cpu, Switches: 3}},
		}
	}
	limits := DefaultLimits()
	begin := time.Now()
	snapshot := func(after, parent, child time.Duration) match.Snapshot {
		return match.Snapshot{Picture: observe.Picture{
			At: begin.Add(after), Processes: []observe.Process{process(1, parent), process(2, child)},
		}}
	}
	w := watch{learnt: &learnt{}, limits: limits}
	for _, look := range []struct {
		name     string
		snapshot match.Snapshot
		want     ending
	}{
		{"the first look", snapshot(0, 7, 7), seen},
		{"the parent has spun, and the child has not run", snapshot(time.Second, 7+limits.Spin, 7), seen},
		{"the child was about to answer, and had to make room", snapshot(2*time.Second, 8+limits.Spin, 7+time.Millisecond), seen},
		{"the child has had as long as others take to spin", snapshot(3*time.Second, 9+limits.Spin, 7+spinAgain), spun},
	} {
		if got := w.look(look.snapshot); got != look.want {
			t.Errorf("%s: %q, want %q", look.name, got, look.want)
		}
	}
}

// TestSpinsUnderTracer: a server that spins with system calls is seen at its
// tracer's stop again and again. That does not excuse what it uses.
func TestSpinsUnderTracer(t *testing.T) {
	limits := DefaultLimits()
	begin := time.Now()
	snapshot := func(after time.Duration, state observe.State) match.Snapshot {
		return match.Snapshot{Picture: observe.Picture{
			At: begin.Add(after),
			Processes: []observe.Process{{
				ID: observe.ProcessID{PID: 1, Start: 1}, State: state, CPU: after,
				Tasks: []observe.Task{{TID: 1, State: state, CPU: after}},
			}},
		}}
	}
	w := watch{learnt: &learnt{}, limits: limits}
	states := []observe.State{observe.Running, observe.TraceStop}
	for after := time.Duration(0); after < limits.Spin; after += 10 * time.Millisecond {
		if got := w.look(snapshot(after, states[after/(10*time.Millisecond)%2])); got != seen {
			t.Fatalf("after %v: %q", after, got)
		}
	}
	if got := w.look(snapshot(limits.Spin, observe.TraceStop)); got != spun {
		t.Errorf("after %v: %q, want %q", limits.Spin, got, spun)
	}
}

// TestBlameIsNotShortened: in a server that is known to spin little is enough, but not to blame
// it for the processor time: one that worked at its start in other requirements may be at work.
func TestBlameIsNotShortened(t *testing.T) {
	for used, want := range map[time.Duration]ending{spinAgain: seen, fullSpin: seen, blamedSpin: spun} {
		w := watch{learnt: &learnt{}, limits: DefaultLimits().blamed()}
		w.learnt.spins.Store(true)
		begin := time.Now()
		for _, after := range []time.Duration{0, used / 2, used} {
			now := match.Snapshot{Picture: observe.Picture{At: begin.Add(after), Processes: []observe.Process{{
				ID: observe.ProcessID{PID: 1, Start: 1}, State: observe.Running, CPU: after,
				Tasks: []observe.Task{{TID: 1, State: observe.Running, CPU: after}},
			}}}}
			if got := w.look(now); after == used && got != want {
				t.Errorf("after %v: %q, want %q", used, got, want)
			}
		}
	}
}

// TestNothingIsLearntUnderAFault: a server that spins while it has no descriptor may be at work in
// another requirement.
func TestNothingIsLearntUnderAFault(t *testing.T) {
	for _, disturbed := range []bool{false, true} {
		w := watch{learnt: &learnt{}, limits: DefaultLimits(), disturbed: disturbed}
		begin := time.Now()
		for _, after := range []time.Duration{0, fullSpin / 2, fullSpin} {
			w.look(match.Snapshot{Picture: observe.Picture{At: begin.Add(after), Processes: []observe.Process{{
				ID: observe.ProcessID{PID: 1, Start: 1}, State: observe.Running, CPU: after,
				Tasks: []observe.Task{{TID: 1, State: observe.Running, CPU: after}},
			}}}})
		}
		if w.learnt.spins.Load() == disturbed {
			t.Errorf("disturbed %t: learnt %t", disturbed, !disturbed)
		}
	}
}

// TestSlept: a process that has blocked in a call meanwhile does not only spin.
func TestSlept(t *testing.T) {
	picture := func(cpu time.Duration, sleeps uint64) observe.Picture {
		return observe.Picture{Processes: []observe.Process{{
			ID: observe.ProcessID{PID: 1, Start: 1}, State: observe.Running, CPU: cpu,
			Tasks: []observe.Task{{TID: 1, State: observe.Running, CPU: cpu, Sleeps: sleeps}},
		}}}
	}
	for name, test := range map[string]struct {
		now  observe.Picture
		want bool
	}{
		"it ran all the time":         {picture(time.Second, 3), false},
		"it ran, and slept meanwhile": {picture(time.Second, 4), true},
		"it did not run":              {picture(0, 4), false},
	} {
		if got := slept(picture(0, 3), test.now); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}

// TestRestless: what many processes use for many tries, on a machine that is late to show them,
// is little for the time that it took.
func TestRestless(t *testing.T) {
	in := func(processes int, timeout time.Duration) (s match.Snapshot) {
		for i := range processes {
			s.Picture.Processes = append(s.Picture.Processes, observe.Process{
				ID: observe.ProcessID{PID: i + 1, Start: 1}, State: observe.Sleeping,
				Tasks: []observe.Task{{TID: i + 1, State: observe.Sleeping, Call: observe.Call{Name: "poll", Wait: observe.Timed, Timeout: timeout}}},
			})
		}
		return s
	}
	const late = 4261 * time.Millisecond
	for name, test := range map[string]struct {
		why           ending
		now           match.Snapshot
		used, watched time.Duration
		want          bool
	}{
		"a process that tried twice":                    {timersUp, in(1, tryPause), triesCost, 2 * tryPause, false},
		"a process that works when it tries":            {timersUp, in(1, tryPause), triesCost + 1, 2 * tryPause, true},
		"a process that works each second":              {timersUp, in(1, time.Second), 150 * time.Millisecond, 2 * time.Second, true},
		"32 processes, each tried many times":           {timersUp, in(32, tryPause), 106 * time.Millisecond, late, false},
		"32 processes that work when they try":          {timersUp, in(32, tryPause), late/10 + 1, late, true},
		"a process that hardly pauses":                  {timersUp, in(1, time.Millisecond), 50 * time.Millisecond, 100 * time.Millisecond, true},
		"a process that hardly pauses, nor works":       {timersUp, in(1, time.Millisecond), 5 * time.Millisecond, 100 * time.Millisecond, false},
		"a process that worked until it slept for good": {final, in(1, 0), time.Second, 2 * time.Second, false},
	} {
		if got := isRestless(test.why, test.now, test.used, test.watched); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}

// TestPauses: a wait that time ends is a pause from 50 ms on; one of unknown length is none.
func TestPauses(t *testing.T) {
	for timeout, want := range map[time.Duration]bool{0: false, 49 * time.Millisecond: false, tryPause: true, time.Second: true} {
		s := match.Snapshot{Picture: observe.Picture{Processes: []observe.Process{{
			ID: observe.ProcessID{PID: 1, Start: 1}, State: observe.Sleeping,
			Tasks: []observe.Task{{TID: 1, State: observe.Sleeping, Call: observe.Call{Name: "poll", Wait: observe.Timed, Timeout: timeout}}},
		}}}}
		if got := pauses(s); got != want {
			t.Errorf("%v: %t, want %t", timeout, got, want)
		}
	}
}
