package rest_test

import (
	"testing"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
)

func TestSomeAwaitTheirTurn(t *testing.T) {
	const turn = 50 * time.Millisecond
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
		{"ready, and nothing more", in(ready), in(ready), true},
		{"woken since", with(func(t *observe.Task) { t.State = observe.Sleeping }), in(ready), true},
		{"has had its turn", in(ready), with(func(t *observe.Task) { t.CPU += turn }), false},
		{"had to leave the processor before", in(ready), with(func(t *observe.Task) { t.CPU += turn - 1; t.Switches++ }), true},
		{"sleeps", in(ready), with(func(t *observe.Task) { t.State = observe.Sleeping }), false},
		{"waits for its tracer", in(ready), with(func(t *observe.Task) { t.State = observe.TraceStop }), true},
		{"at its tracer after its turn", in(ready), with(func(t *observe.Task) { t.State, t.CPU = observe.TraceStop, 2*turn }), false},
		{"waits for a disk", with(func(t *observe.Task) { t.State = observe.DiskSleep }), with(func(t *observe.Task) { t.State = observe.DiskSleep }), true},
		{"new, and has not run", in(), in(observe.Task{TID: 814, State: observe.Running}), true},
		{"new, and has had its turn", observe.Picture{}, with(func(t *observe.Task) { t.CPU = turn }), false},
		{"one of two", in(ready, observe.Task{TID: 814, State: observe.Running}),
			in(observe.Task{TID: 813, State: observe.Running, CPU: 2 * turn}, observe.Task{TID: 814, State: observe.Running}), true},
	} {
		if got := rest.SomeAwaitTheirTurn(c.since, c.now, turn); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
