package observe

import "github.com/forkproof/forkproof/internal/proc"

// A State is the state of a task, proc_pid_stat(5).
type State = proc.State

// The states of a task.
const (
	Running   = proc.Running
	Sleeping  = proc.Sleeping
	DiskSleep = proc.DiskSleep
	Stopped   = proc.Stopped
	TraceStop = proc.TraceStop
	Zombie    = proc.Zombie
	Dead      = proc.Dead
	Idle      = proc.Idle
)

// A SignalSet is a set of signals, proc_pid_status(5).
type SignalSet = proc.SignalSet
