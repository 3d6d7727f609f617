package suite

import (
	"testing"
	"time"

	"github.com/forkproof/forkproof/observe"
)

// TestOnlySpinnersRun: what spins is no longer waited for at length only when
// nobody else can do anything.
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
