package rest_test

import (
	"testing"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
)

func TestStarved(t *testing.T) {
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
		{"ready in both", in(observe.Sleeping, observe.Running), in(observe.Running, observe.Sleeping), true},
		{"waits for a disk", in(observe.DiskSleep), in(observe.DiskSleep), true},
		{"ready once", in(observe.Running), in(observe.Sleeping), false},
		{"stopped", in(observe.Stopped), in(observe.Stopped), false},
		{"waits for its child to start a program", vforked, vforked, false},
		{"nobody", observe.Picture{}, observe.Picture{}, false},
	} {
		const between = 100 * time.Millisecond
		test.later.At = test.earlier.At.Add(between)
		if got := rest.Starved(test.earlier, test.later); got != 0 && got != between || (got != 0) != test.want {
			t.Errorf("%s: %v, want it: %t", test.name, got, test.want)
		}
	}
	// What it burns meanwhile, it was given.
	for used, want := range map[time.Duration]time.Duration{30: 70, 100: 0, 180: 0, -20: 100} {
		earlier, later := in(observe.Running), in(observe.Running)
		earlier.Processes[1].CPU, later.Processes[1].CPU = 500, 500+used
		later.At = earlier.At.Add(100)
		if got := rest.Starved(earlier, later); got != want {
			t.Errorf("having used %d of 100: %d, want %d", used, got, want)
		}
	}
}

// Whoever came or went between the looks was not kept waiting.
func TestStarvedOfProcesses(t *testing.T) {
	process := func(pid int, state observe.State, cpu time.Duration) observe.Process {
		return observe.Process{ID: observe.ProcessID{PID: pid}, CPU: cpu, Tasks: []observe.Task{{TID: pid, State: state}}}
	}
	for _, test := range []struct {
		name           string
		earlier, later []observe.Process
		want           time.Duration
	}{
		{"one follows another", []observe.Process{process(1, observe.Running, 7)}, []observe.Process{process(2, observe.Running, 3)}, 0},
		{"beside one that sleeps", []observe.Process{process(1, observe.Running, 7), process(9, observe.Sleeping, 5)},
			[]observe.Process{process(2, observe.Running, 3), process(9, observe.Sleeping, 5)}, 0},
		{"one stays", []observe.Process{process(9, observe.Running, 5)}, []observe.Process{process(9, observe.Running, 5)}, 100},
		{"what a new one used, it was given", []observe.Process{process(9, observe.Running, 5)},
			[]observe.Process{process(2, observe.Sleeping, 30), process(9, observe.Running, 5)}, 70},
		{"what an ended one had used before, it had been given", []observe.Process{process(1, observe.Sleeping, 1000), process(9, observe.Running, 5)},
			[]observe.Process{process(9, observe.Running, 35)}, 70},
	} {
		earlier, later := observe.Picture{Processes: test.earlier}, observe.Picture{Processes: test.later}
		later.At = earlier.At.Add(100)
		if got := rest.Starved(earlier, later); got != test.want {
			t.Errorf("%s: %d of 100, want %d", test.name, got, test.want)
		}
	}
}
