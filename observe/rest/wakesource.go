package rest

import (
	"fmt"
	"time"

	"github.com/forkproof/forkproof/internal/proc"
	"github.com/forkproof/forkproof/observe"
)

// A WakeSource is a timeout or a timer that may wake a process.
type WakeSource struct {
	Process observe.ProcessID
	// TIDs are the threads that it can wake: one for the timeout of a call, all of
	// the process for a timer or an alarm.
	TIDs []int
	// Timeout is that of the call; 0 when it is unknown.
	Timeout time.Duration
	// Because says it in a clause: "813 sleeps in poll(timeout 5s)".
	Because string
}

// WakeSources lists what may wake the tree without anything from outside: calls
// with a timeout, or of which it is unknown whether they have one; handlers of
// alarm signals; POSIX timers; armed timerfds. Nothing of the kind wakes a stopped
// process. The picture must be one of Everything.
func WakeSources(p observe.Picture) []WakeSource {
	var list []WakeSource
	for _, q := range p.Processes {
		if !q.Alive() {
			continue
		}
		var awake []int
		for _, t := range q.Tasks {
			if t.State.IsStopped() {
				continue
			}
			awake = append(awake, t.TID)
			if t.Call.Wait != observe.Untimed {
				list = append(list, WakeSource{q.ID, []int{t.TID}, t.Call.Timeout, timeoutClause(t)})
			}
		}
		if len(awake) == 0 && len(q.Tasks) > 0 {
			continue
		}
		for _, clause := range timerClauses(q) {
			list = append(list, WakeSource{Process: q.ID, TIDs: awake, Because: clause})
		}
	}
	return list
}

// Wakeups returns how many sleeps the threads of a source ended between two looks,
// by this source or by something else.
func (w WakeSource) Wakeups(since, now observe.Picture) uint64 {
	before, found := since.Find(w.Process)
	after, still := now.Find(w.Process)
	if !found || !still {
		return 0
	}
	var sum uint64
	for _, tid := range w.TIDs {
		old, found := before.Task(tid)
		t, still := after.Task(tid)
		if found && still {
			sum += t.Sleeps - old.Sleeps
		}
	}
	return sum
}

func timeoutClause(t observe.Task) string {
	switch {
	case t.Call.Wait == observe.Timed:
		return fmt.Sprintf("%d sleeps in %v", t.TID, t.Call)
	case t.Call.Name == "":
		return fmt.Sprintf("the call that %d sleeps in is unknown", t.TID)
	default:
		return fmt.Sprintf("%d sleeps in %v, perhaps with a timeout", t.TID, t.Call)
	}
}

// timerClauses says what besides the timeout of a call may wake a process.
func timerClauses(p observe.Process) []string {
	var list []string
	if caught := p.Signals.Caught & proc.TimerSignals; caught != 0 && !catchesAll(p) {
		list = append(list, fmt.Sprintf("%d catches %v", p.ID.PID, caught))
	}
	if p.Timers > 0 {
		list = append(list, fmt.Sprintf("%d has a POSIX timer", p.ID.PID))
	}
	for _, d := range p.Descriptors {
		switch {
		case d.Timed && d.Kind == observe.TimerFD:
			list = append(list, fmt.Sprintf("%d has an armed timerfd, descriptor %d", p.ID.PID, d.FD))
		case d.Timed:
			list = append(list, fmt.Sprintf("%d reads alarm signals from its signalfd, descriptor %d", p.ID.PID, d.FD))
		}
	}
	if p.Unreadable != nil {
		list = append(list, p.Unreadable.Error())
	}
	return list
}

// catchesAll reports whether a process has a handler for every real-time signal, as
// the runtime of Go installs at the start. It then catches the signals of timers as
// well, and has no timer for that.
func catchesAll(p observe.Process) bool {
	const realTime proc.SignalSet = 1<<64 - 1<<34 // 35 to 64: the first ones are the C library's, nptl(7)
	return p.Signals.Caught&realTime == realTime
}
