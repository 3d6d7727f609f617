package proc

import "fmt"

// A State is the state of a task, the letter that proc_pid_stat(5) shows.
type State byte

// The states of a task.
const (
	Running   State = 'R' // running, or waiting for a processor
	Sleeping  State = 'S' // interruptible sleep
	DiskSleep State = 'D' // uninterruptible sleep
	Stopped   State = 'T' // stopped by a signal
	TraceStop State = 't' // stopped by a tracer
	Zombie    State = 'Z' // ended and not yet waited for
	Dead      State = 'X' // being removed
	Idle      State = 'I' // an idle kernel thread
)

// String returns the state in words: "sleeping", "zombie".
func (s State) String() string {
	switch s {
	case Running:
		return "running"
	case Sleeping:
		return "sleeping"
	case DiskSleep:
		return "in uninterruptible sleep"
	case Stopped:
		return "stopped"
	case TraceStop:
		return "stopped by a tracer"
	case Zombie:
		return "zombie"
	case Dead:
		return "dead"
	case Idle:
		return "idle"
	}
	return fmt.Sprintf("in state %q", byte(s))
}

// Alive reports whether a task in this state can still run.
func (s State) Alive() bool { return s != Zombie && s != Dead }

// IsStopped reports whether a task in this state runs only after a signal or its
// tracer continues it.
func (s State) IsStopped() bool { return s == Stopped || s == TraceStop }
