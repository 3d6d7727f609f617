package observe

import (
	"testing"
	"time"
)

func TestSomeAwaitTheirTurn(t *testing.T) {
	const turn = 50 * time.Millisecond
	in := func(tasks ...Task) Picture {
		return Picture{Processes: []Process{{ID: ProcessID{PID: 812}, Tasks: tasks}}}
	}
	ready := Task{TID: 813, State: Running, CPU: 5, Switches: 2}
	with := func(edit func(*Task)) Picture { t := ready; edit(&t); return in(t) }
	for _, c := range []struct {
		name       string
		since, now Picture
		want       bool
	}{
		{"ready, and nothing more", in(ready), in(ready), true},
		{"woken since", with(func(t *Task) { t.State = Sleeping }), in(ready), true},
		{"has had its turn", in(ready), with(func(t *Task) { t.CPU += turn }), false},
		{"had to leave the processor before", in(ready), with(func(t *Task) { t.CPU += turn - 1; t.Switches++ }), true},
		{"sleeps", in(ready), with(func(t *Task) { t.State = Sleeping }), false},
		{"waits for its tracer", in(ready), with(func(t *Task) { t.State = TraceStop }), true},
		{"at its tracer after its turn", in(ready), with(func(t *Task) { t.State, t.CPU = TraceStop, 2*turn }), false},
		{"waits for a disk", with(func(t *Task) { t.State = DiskSleep }), with(func(t *Task) { t.State = DiskSleep }), true},
		{"new, and has not run", in(), in(Task{TID: 814, State: Running}), true},
		{"new, and has had its turn", Picture{}, with(func(t *Task) { t.CPU = turn }), false},
		{"one of two", in(ready, Task{TID: 814, State: Running}),
			in(Task{TID: 813, State: Running, CPU: 2 * turn}, Task{TID: 814, State: Running}), true},
	} {
		if got := SomeAwaitTheirTurn(c.since, c.now, turn); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
