package observe

import "fmt"

// A State is the one-letter state of proc_pid_stat(5).
type State byte

// The states of a task, as the kernel writes them.
const (
	Running    State = 'R' // running, or waiting for a processor
	Sleeping   State = 'S' // asleep, and a signal can wake it
	DiskSleep  State = 'D' // asleep, and a signal cannot wake it
	Stopped    State = 'T' // stopped by a signal
	TraceStop  State = 't' // stopped by a tracer
	ZombieTask State = 'Z' // ended and not yet waited for
	Dead       State = 'X' // being removed
	Idle       State = 'I' // an idle thread of the kernel
)

var stateNames = map[State]string{
	Running: "running", Sleeping: "sleeping", DiskSleep: "in uninterruptible sleep",
	Stopped: "stopped", TraceStop: "stopped by a tracer", ZombieTask: "zombie",
	Dead: "dead", Idle: "idle",
}

// String gives the state in words: "sleeping", "zombie".
func (s State) String() string {
	if name, known := stateNames[s]; known {
		return name
	}
	return fmt.Sprintf("in state %q", byte(s))
}

// alive says whether a task in this state can still run.
func (s State) alive() bool { return s != ZombieTask && s != Dead }

// stopped says whether a task in this state does nothing until it is continued.
func (s State) stopped() bool { return s == Stopped || s == TraceStop }
