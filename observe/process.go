package observe

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/forkproof/forkproof/internal/proc"
)

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
)

// A SignalSet is a set of signals, proc_pid_status(5).
type SignalSet = proc.SignalSet

// A ProcessID identifies a process for ever: the kernel uses a pid again, but not
// with the same start time.
type ProcessID struct {
	PID int
	// Start is the start time in clock ticks since boot, field 22 of proc_pid_stat(5).
	Start uint64
}

// A Process is one process of a tree at the moment of a look.
type Process struct {
	ID      ProcessID
	Parent  int
	Group   int
	Session int
	Name    string
	// State is that of the process: when the first thread has exited and others
	// live, it is the state of those, and not zombie.
	State State
	// CPU is the user and system time of all its threads, in steps of 10 ms; read
	// with Tasks, it is finer where the kernel has schedstat.
	CPU      time.Duration
	RSSBytes uint64

	// Tasks are its live threads; read with Tasks.
	Tasks []Task
	// Signals are its process-wide sets; read with Tasks.
	Signals Signals
	// Timers counts its POSIX timers, armed or not, timer_create(2); read with
	// Tasks, 0 where the kernel has no proc_pid_timers(5).
	Timers int
	// Descriptors are its open descriptors in the order of their numbers; read with
	// Descriptors. Those of threads with tables of their own follow the others.
	Descriptors []Descriptor
	// Unreadable says why the descriptors, tasks or signals could not be read;
	// nil when they were, were not to be read, or the process had ended.
	Unreadable error
}

// A Task is one thread.
type Task struct {
	TID   int
	State State
	// Tracer is the TID of the thread that traces it, ptrace(2); 0 when none does.
	Tracer int
	// CPU is its time on a processor, to the nanosecond where the kernel has schedstat.
	CPU time.Duration
	// Switches counts its context switches, voluntary and involuntary.
	Switches uint64
	// Sleeps counts the voluntary ones alone: how often it blocked.
	Sleeps uint64
	// Pending and Blocked are the thread's own sets.
	Pending, Blocked SignalSet
	// Call is the system call that it sleeps in.
	Call Call
}

// Signals are the signal sets that all threads of a process share.
type Signals struct {
	// Pending are the signals that were sent to the process and not yet taken.
	Pending SignalSet
	Ignored SignalSet
	Caught  SignalSet
}

// Alive reports whether the process can still run: it is neither a zombie nor dead.
func (p Process) Alive() bool { return p.State.Alive() }

// Hides reports whether a live process keeps from its reader what Unreadable names. One that
// is about to end has given up its memory, and until it is a zombie its files below /proc
// belong to root, proc(5): it hides nothing.
func (p Process) Hides() bool { return p.Alive() && p.Unreadable != nil && p.RSSBytes > 0 }

// Descriptor returns the open descriptor with a number.
func (p Process) Descriptor(fd int) (Descriptor, bool) {
	for _, d := range p.Descriptors {
		if d.FD == fd {
			return d, true
		}
	}
	return Descriptor{}, false
}

// Task returns the live thread with a TID.
func (p Process) Task(tid int) (Task, bool) {
	for _, t := range p.Tasks {
		if t.TID == tid {
			return t, true
		}
	}
	return Task{}, false
}

// Disposition returns what a process does with a signal: "caught", "ignored" or
// "default", signal(7). The process must have been read with Tasks.
func Disposition(p Process, sig syscall.Signal) string {
	switch {
	case p.Signals.Caught.Has(sig):
		return "caught"
	case p.Signals.Ignored.Has(sig):
		return "ignored"
	default:
		return "default"
	}
}

// InnerPID returns the pid of a process in its own pid namespace (NSpid of
// proc_pid_status(5)); 0 when that is the pid of the reader's namespace, or cannot be
// read.
func InnerPID(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	pids, _ := proc.Line(text, "NSpid")
	inner, err := strconv.Atoi(string(pids[bytes.LastIndexAny(pids, " \t")+1:])) // the innermost is last
	if err != nil || inner == pid {
		return 0
	}
	return inner
}

// WorksInRoot reports whether the working directory of a process is its root directory,
// proc_pid_cwd(5) and proc_pid_root(5).
func WorksInRoot(id ProcessID) (bool, error) {
	root, err := os.Readlink(fmt.Sprintf("/proc/%d/root", id.PID))
	if err != nil {
		return false, err
	}
	directory, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", id.PID))
	return directory == root, err
}
