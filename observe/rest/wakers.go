package rest

import (
	"fmt"
	"time"

	"github.com/forkproof/forkproof/internal/proc"
	"github.com/forkproof/forkproof/observe"
)

// A Waker is something that may wake a process by time alone.
type Waker struct {
	Process observe.ProcessID
	// TIDs are the threads that it can wake: one for a timed wait, all of the
	// process for a timer or an alarm.
	TIDs []int
	// Timeout is the length of a timed wait; 0 when unknown.
	Timeout time.Duration
	// Because says it in a clause: "813 sleeps in poll(timeout 5s)".
	Because string
}

// Wakers lists what may wake the tree by time alone: waits that are timed or
// may be, caught alarm signals, POSIX timers, armed timerfds. A process that
// is stopped cannot be woken. The picture must be one of Everything.
func Wakers(p observe.Picture) []Waker {
	var list []Waker
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
				list = append(list, Waker{q.ID, []int{t.TID}, t.Call.Timeout, timedBecause(t)})
			}
		}
		if len(awake) == 0 && len(q.Tasks) > 0 {
			continue
		}
		for _, because := range timers(q) {
			list = append(list, Waker{Process: q.ID, TIDs: awake, Because: because})
		}
	}
	return list
}

func timedBecause(t observe.Task) string {
	switch {
	case t.Call.Wait == observe.Timed:
		return fmt.Sprintf("%d sleeps in %v", t.TID, t.Call)
	case t.Call.Name == "":
		return fmt.Sprintf("it cannot be seen what %d sleeps in", t.TID)
	default:
		return fmt.Sprintf("it cannot be seen whether time ends %v of %d", t.Call, t.TID)
	}
}

// timers says what besides a timed wait may wake a process.
func timers(p observe.Process) []string {
	var list []string
	if caught := p.Signals.Caught & proc.TimerSignals; caught != 0 {
		list = append(list, fmt.Sprintf("%d catches %v", p.ID.PID, caught))
	}
	if p.Timers > 0 {
		list = append(list, fmt.Sprintf("%d has a POSIX timer", p.ID.PID))
	}
	for _, d := range p.Descriptors {
		switch {
		case d.Timed && d.Kind == observe.TimerFD:
			list = append(list, fmt.Sprintf("%d has an armed timerfd, %d", p.ID.PID, d.FD))
		case d.Timed:
			list = append(list, fmt.Sprintf("%d takes alarms from its signalfd, %d", p.ID.PID, d.FD))
		}
	}
	if p.Unreadable != nil {
		list = append(list, p.Unreadable.Error())
	}
	return list
}
