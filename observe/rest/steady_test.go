package rest_test

import (
	"testing"
	"time"

	"github.com/forkproof/forkproof/internal/proc"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
)

// A timeout of 30 s in a tree that was started 5 s ago has 25 s to go, at least.
func TestSteadyForUntilTheTimeout(t *testing.T) {
	poll := func(after time.Duration, switches uint64) observe.Picture {
		p := sleeping(812, "poll", 0)
		p.Tasks[0].Switches, p.Tasks[0].Call.Wait, p.Tasks[0].Call.Timeout = switches, observe.Timed, 30*time.Second
		return observe.Picture{At: time.Unix(100, 0).Add(after), Processes: []observe.Process{p}}
	}
	last, now := poll(0, 7), poll(time.Millisecond, 7)
	for left, want := range map[time.Duration]bool{10 * time.Second: true, 24 * time.Second: true, 25 * time.Second: false} {
		if got := rest.SteadyFor(last, last, now, 5*time.Second, left); got != want {
			t.Errorf("%v left: %v", left, got)
		}
	}
	if rest.Steady(last, last, now) {
		t.Error("steady, although the timeout has not ended")
	}
	if rest.SteadyFor(last, last, poll(time.Millisecond, 8), 0, time.Second) {
		t.Error("steady, although the thread has just run")
	}
	now.Processes[0].Tasks[0].Call.Timeout = 0
	if rest.SteadyFor(last, last, now, 0, time.Second) {
		t.Error("steady, although the length of the timeout is unknown")
	}
}

// The runtime of Go catches every signal; one that catches SIGALRM means to.
func TestRuntimesThatCatchEverySignal(t *testing.T) {
	for caught, want := range map[proc.SignalSet]int{
		0xffffffffffc1feff: 0, // go build
		0xfffffffe7fc1feff: 0, // with cgo
		1 << 13:            1, // SIGALRM
	} {
		p := sleeping(812, "accept", 3)
		p.Signals.Caught = caught
		sources := rest.WakeSources(observe.Picture{Processes: []observe.Process{p}})
		if len(sources) != want {
			t.Errorf("%#x: %v", uint64(caught), sources)
		}
	}
}
