package rest_test

import (
	"testing"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
)

func TestStallTime(t *testing.T) {
	in := func(states ...observe.State) observe.Picture {
		var p observe.Process
		for i, s := range states {
			p.Tasks = append(p.Tasks, observe.Task{TID: i + 1, State: s})
		}
		return observe.Picture{Processes: []observe.Process{{}, p}}
	}
	vforked := observe.Picture{Processes: []observe.Process{{Tasks: []observe.Task{{State: observe.DiskSleep, Call: observe.Call{Name: "vfork"}}}}}}
	for _, test := range []struct {
		name           string
		earlier, later observe.Picture
		want           bool
	}{
		{"asleep", in(observe.Sleeping), in(observe.Sleeping), false},
		{"runnable in both", in(observe.Sleeping, observe.Running), in(observe.Running, observe.Sleeping), true},
		{"waits for a disk", in(observe.DiskSleep), in(observe.DiskSleep), true},
		{"runnable once", in(observe.Running), in(observe.Sleeping), false},
		{"stopped", in(observe.Stopped), in(observe.Stopped), false},
		{"waits in vfork", vforked, vforked, false},
		{"no process", observe.Picture{}, observe.Picture{}, false},
	} {
		const between = 100 * time.Millisecond
		test.later.At = test.earlier.At.Add(between)
		if got := rest.StallTime(test.earlier, test.later); got != 0 && got != between || (got != 0) != test.want {
			t.Errorf("%s: %v, want a stall: %t", test.name, got, test.want)
		}
	}
	// The processor time that the tree used is no stall.
	for used, want := range map[time.Duration]time.Duration{30: 70, 100: 0, 180: 0, -20: 100} {
		earlier, later := in(observe.Running), in(observe.Running)
		earlier.Processes[1].CPU, later.Processes[1].CPU = 500, 500+used
		later.At = earlier.At.Add(100)
		if got := rest.StallTime(earlier, later); got != want {
			t.Errorf("having used %d of 100: %d, want %d", used, got, want)
		}
	}
}

// A process that started or ended between the looks was not stalled.
func TestStallTimeOfSharedProcesses(t *testing.T) {
	process := func(pid int, state observe.State, cpu time.Duration) observe.Process {
		return observe.Process{ID: observe.ProcessID{PID: pid}, CPU: cpu, Tasks: []observe.Task{{TID: pid, State: state}}}
	}
	for _, test := range []struct {
		name           string
		earlier, later []observe.Process
		want           time.Duration
	}{
		{"one follows another", []observe.Process{process(1, observe.Running, 7)}, []observe.Process{process(2, observe.Running, 3)}, 0},
		{"one follows another beside one that sleeps", []observe.Process{process(1, observe.Running, 7), process(9, observe.Sleeping, 5)},
			[]observe.Process{process(2, observe.Running, 3), process(9, observe.Sleeping, 5)}, 0},
		{"one stays", []observe.Process{process(9, observe.Running, 5)}, []observe.Process{process(9, observe.Running, 5)}, 100},
		{"a new one used some", []observe.Process{process(9, observe.Running, 5)},
			[]observe.Process{process(2, observe.Sleeping, 30), process(9, observe.Running, 5)}, 70},
		{"one that ended had used more before", []observe.Process{process(1, observe.Sleeping, 1000), process(9, observe.Running, 5)},
			[]observe.Process{process(9, observe.Running, 35)}, 70},
	} {
		earlier, later := observe.Picture{Processes: test.earlier}, observe.Picture{Processes: test.later}
		later.At = earlier.At.Add(100)
		if got := rest.StallTime(earlier, later); got != test.want {
			t.Errorf("%s: %d of 100, want %d", test.name, got, test.want)
		}
	}
}

func TestAwaitsTimeSlice(t *testing.T) {
	const slice = 50 * time.Millisecond
	in := func(tasks ...observe.Task) observe.Picture {
		return observe.Picture{Processes: []observe.Process{{ID: observe.ProcessID{PID: 812}, Tasks: tasks}}}
	}
	ready := observe.Task{TID: 813, State: observe.Running, CPU: 5, Switches: 2}
	with := func(edit func(*observe.Task)) observe.Picture { t := ready; edit(&t); return in(t) }
	for _, c := range []struct {
		name       string
		since, now observe.Picture
		want       bool
	}{
		{"runnable all the time", in(ready), in(ready), true},
		{"woken since", with(func(t *observe.Task) { t.State = observe.Sleeping }), in(ready), true},
		{"has had a slice", in(ready), with(func(t *observe.Task) { t.CPU += slice }), false},
		{"was preempted before", in(ready), with(func(t *observe.Task) { t.CPU += slice - 1; t.Switches++ }), true},
		{"sleeps", in(ready), with(func(t *observe.Task) { t.State = observe.Sleeping }), false},
		{"stopped by its tracer", in(ready), with(func(t *observe.Task) { t.State = observe.TraceStop }), true},
		{"stopped by its tracer after a slice", in(ready), with(func(t *observe.Task) { t.State, t.CPU = observe.TraceStop, 2*slice }), false},
		{"waits for a disk", with(func(t *observe.Task) { t.State = observe.DiskSleep }), with(func(t *observe.Task) { t.State = observe.DiskSleep }), true},
		{"new, and has not run", in(), in(observe.Task{TID: 814, State: observe.Running}), true},
		{"new, and has had a slice", observe.Picture{}, with(func(t *observe.Task) { t.CPU = slice }), false},
		{"one of two", in(ready, observe.Task{TID: 814, State: observe.Running}),
			in(observe.Task{TID: 813, State: observe.Running, CPU: 2 * slice}, observe.Task{TID: 814, State: observe.Running}), true},
	} {
		if got := rest.AwaitsTimeSlice(c.since, c.now, slice); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
