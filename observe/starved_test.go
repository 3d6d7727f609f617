package observe

import (
	"testing"
	"time"
)

func TestStarved(t *testing.T) {
	in := func(states ...State) Picture {
		var p Process
		for i, s := range states {
			p.Tasks = append(p.Tasks, Task{TID: i + 1, State: s})
		}
		return Picture{Processes: []Process{{}, p}}
	}
	vforked := Picture{Processes: []Process{{Tasks: []Task{{State: DiskSleep, Call: Call{Name: "vfork"}}}}}}
	for _, test := range []struct {
		name           string
		earlier, later Picture
		want           bool
	}{
		{"asleep", in(Sleeping), in(Sleeping), false},
		{"ready in both", in(Sleeping, Running), in(Running, Sleeping), true},
		{"waits for a disk", in(DiskSleep), in(DiskSleep), true},
		{"ready once", in(Running), in(Sleeping), false},
		{"stopped", in(Stopped), in(Stopped), false},
		{"waits for its child to start a program", vforked, vforked, false},
		{"nobody", Picture{}, Picture{}, false},
	} {
		const between = 100 * time.Millisecond
		test.later.At = test.earlier.At.Add(between)
		if got := Starved(test.earlier, test.later); got != 0 && got != between || (got != 0) != test.want {
			t.Errorf("%s: %v, want it: %t", test.name, got, test.want)
		}
	}
	// What it burns meanwhile, it was given.
	for used, want := range map[time.Duration]time.Duration{30: 70, 100: 0, 180: 0, -20: 100} {
		earlier, later := in(Running), in(Running)
		earlier.Processes[1].CPU, later.Processes[1].CPU = 500, 500+used
		later.At = earlier.At.Add(100)
		if got := Starved(earlier, later); got != want {
			t.Errorf("having used %d of 100: %d, want %d", used, got, want)
		}
	}
}

// Whoever came or went between the looks was not kept waiting.
func TestStarvedOfProcesses(t *testing.T) {
	process := func(pid int, state State, cpu time.Duration) Process {
		return Process{ID: ProcessID{PID: pid}, CPU: cpu, Tasks: []Task{{TID: pid, State: state}}}
	}
	for _, test := range []struct {
		name           string
		earlier, later []Process
		want           time.Duration
	}{
		{"one follows another", []Process{process(1, Running, 7)}, []Process{process(2, Running, 3)}, 0},
		{"beside one that sleeps", []Process{process(1, Running, 7), process(9, Sleeping, 5)},
			[]Process{process(2, Running, 3), process(9, Sleeping, 5)}, 0},
		{"one stays", []Process{process(9, Running, 5)}, []Process{process(9, Running, 5)}, 100},
		{"what a new one used, it was given", []Process{process(9, Running, 5)},
			[]Process{process(2, Sleeping, 30), process(9, Running, 5)}, 70},
		{"what an ended one had used before, it had been given", []Process{process(1, Sleeping, 1000), process(9, Running, 5)},
			[]Process{process(9, Running, 35)}, 70},
	} {
		earlier, later := Picture{Processes: test.earlier}, Picture{Processes: test.later}
		later.At = earlier.At.Add(100)
		if got := Starved(earlier, later); got != test.want {
			t.Errorf("%s: %d of 100, want %d", test.name, got, test.want)
		}
	}
}
