package turns

import (
	"testing"
	"time"

	"github.com/forkproof/forkproof/observe"
)

// TestSleepersPassTheirTurnOn: of two at once, one whose server sleeps lets a third begin; a
// fourth waits as three are the most.
func TestSleepersPassTheirTurnOn(t *testing.T) {
	all := onIdleMachine(2, 3)
	sleeper, worker := all.Begin(), all.Begin()

	third := begins(all)
	at := time.Now()
	for now := at; now.Sub(at) <= longSleep+longSleep/3; now = now.Add(longSleep / 3) {
		worker.Sees(looksLike(observe.Running, now))
		sleeper.Sees(looksLike(observe.Sleeping, now))
	}
	one := <-third

	fourth := begins(all)
	one.Pass()
	if !waits(fourth) {
		t.Fatal("a fourth has its turn while three have not ended")
	}
	one.End()
	(<-fourth).End()
	sleeper.End()
	worker.End()
	if all.working != 0 || all.begun != 0 {
		t.Errorf("%d work and %d have begun when all have ended", all.working, all.begun)
	}
}

// TestThoseThatWorkKeepTheirTurn: a server that runs, however long, passes nothing on.
func TestThoseThatWorkKeepTheirTurn(t *testing.T) {
	all := onIdleMachine(1, 8)
	one := all.Begin()
	at := time.Now()
	for i := range 10 {
		one.Sees(looksLike(observe.Running, at.Add(time.Duration(i)*longSleep)))
	}
	next := begins(all)
	if !waits(next) {
		t.Error("a second has its turn while the server of the first works")
	}
	one.End()
	(<-next).End()
}

// TestASleeperIsKnownAgain: once a server has slept for long, the next one of it need not sleep
// as long.
func TestASleeperIsKnownAgain(t *testing.T) {
	all := onIdleMachine(1, 3)
	at := time.Now()
	sleeps := func(one *Turn, d time.Duration) {
		one.Sees(looksLike(observe.Sleeping, at))
		one.Sees(looksLike(observe.Sleeping, at.Add(apart)))
		one.Sees(looksLike(observe.Sleeping, at.Add(apart+d)))
	}
	first := all.Begin()
	second := begins(all)
	sleeps(first, nextSleep)
	if !waits(second) {
		t.Fatal("a second has its turn although the server may sleep for a moment alone")
	}
	first.Sees(looksLike(observe.Sleeping, at.Add(apart+longSleep)))
	one := <-second
	third := begins(all)
	sleeps(one, nextSleep)
	(<-third).End()
	one.End()
	first.End()
}

// TestABusyMachineHasNoTurnToPassOn: where no processor is idle, a server that sleeps passes
// nothing on: another one beside it would not be done sooner.
func TestABusyMachineHasNoTurnToPassOn(t *testing.T) {
	all := New(1, 3)
	all.idle = func() time.Duration { return time.Hour }
	first := all.Begin()
	second := begins(all)
	at := time.Now()
	for i := range 10 {
		first.Sees(looksLike(observe.Sleeping, at.Add(time.Duration(i)*longSleep)))
	}
	if !waits(second) {
		t.Error("a second has its turn while no processor is idle")
	}
	first.End()
	(<-second).End()
}

// onIdleMachine returns turns on a machine that has nothing else to do.
func onIdleMachine(atOnce, most int) *Turns {
	all, idle := New(atOnce, most), time.Duration(0)
	all.idle = func() time.Duration { idle += time.Hour; return idle }
	return all
}

// begins asks for the next turn.
func begins(all *Turns) <-chan *Turn {
	begun := make(chan *Turn)
	go func() { begun <- all.Begin() }()
	return begun
}

// waits says whether a turn has not begun.
func waits(begun <-chan *Turn) bool {
	select {
	case <-begun:
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}

func looksLike(state observe.State, at time.Time) observe.Picture {
	id := observe.ProcessID{PID: 7}
	return observe.Picture{At: at, Processes: []observe.Process{{
		ID: id, State: state, Tasks: []observe.Task{{TID: 7, State: state}},
	}}}
}

// TestMemoryBoundsSleepers: servers that may use all memory do not sleep side by side.
func TestMemoryBoundsSleepers(t *testing.T) {
	if n := MostAsleep(8<<30, 1<<20); n != most {
		t.Errorf("%d servers of 1 MiB, want %d", n, most)
	}
	if n := MostAsleep(8<<30, 512<<20); n != 10 {
		t.Errorf("%d servers of 512 MiB in 8 GiB, want 10", n)
	}
	if n := MostAsleep(8<<30, 8<<30); n != 0 {
		t.Errorf("%d servers that may use all memory, want 0", n)
	}
}
