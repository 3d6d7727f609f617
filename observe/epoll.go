package observe

import (
	"bytes"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// A look at a descriptor has an effect. The kernel holds the open file while it
// answers, so a close(2) of the process at that moment is not yet the last one:
// the socket stays in the interest lists of epoll(7), and epoll_wait(2) returns it
// once more. A server that has freed its record of the client by then reads freed
// memory. A look therefore reads the descriptors of processes that use epoll while
// these sleep, when they close nothing.

const (
	// runningPoll is the pause between two looks at a process that runs.
	runningPoll = 50 * time.Microsecond
	// busyLoopTime is how much processor time a process may use before it counts as
	// a busy loop and is read while it runs: many times what a server needs for one
	// client.
	busyLoopTime = 5 * time.Millisecond
	// runningLimit is how long one look waits for all processes that run. The
	// machine may keep them from running, and there may be hundreds.
	runningLimit = 200 * time.Millisecond
)

// noteEpollUsers records which processes of a picture with descriptors have an
// epoll descriptor.
func (o *Observer) noteEpollUsers(p Picture) {
	clear(o.epollUsers)
	for _, q := range p.Processes {
		for _, d := range q.Descriptors {
			if d.Kind == Epoll {
				o.epollUsers[q.ID] = true
			}
		}
	}
}

// whenAsleep waits until no thread of a process runs, it turns out to be a busy
// loop, or the deadline has passed. It returns the stat file as it is then.
func (r *procReader) whenAsleep(dir *procDir, pid int, s stat, deadline time.Time) (last stat, err error) {
	pause := unix.NsecToTimespec(int64(runningPoll))
	name := bytes.Clone(s.Name) // the next read overwrites it
	defer func() { last.Name = name }()
	begin := time.Duration(-1)
	for time.Now().Before(deadline) && r.runs(dir, s) {
		used, err := r.cpu(dir, pid, s)
		if err != nil {
			return s, err
		}
		if begin < 0 {
			begin = used
		}
		if used-begin >= busyLoopTime {
			break
		}
		_ = unix.Nanosleep(&pause, nil) // a signal may end it early
		if s, err = r.stat(dir); err != nil {
			return s, err
		}
	}
	return s, nil
}

// runs reports whether a thread of the process is on a processor or waits for one.
func (r *procReader) runs(dir *procDir, s stat) bool {
	if s.State == Running || s.Threads < 2 {
		return s.State == Running
	}
	state, _ := r.busiestThread(dir)
	return state == Running
}

// cpu returns the processor time of a process, as exactly as the kernel shows it.
func (r *procReader) cpu(dir *procDir, pid int, s stat) (time.Duration, error) {
	if s.Threads < 2 {
		return r.taskCPU(dir, pid)
	}
	r.setPath("task")
	tids, err := r.numbers(dir)
	var sum time.Duration
	for _, tid := range tids {
		if one, err := r.taskCPU(dir, tid); err == nil { // it may have ended
			sum += one
		}
	}
	return sum, err
}

// taskCPU returns a thread's time on a processor: from schedstat to the
// nanosecond, or else from its stat file, in steps of 10 ms.
func (r *procReader) taskCPU(dir *procDir, tid int) (time.Duration, error) {
	r.setNumberPath("task/", tid, "/schedstat")
	text, err := r.read(dir)
	if err == nil {
		return proc.ParseSchedstat(text), nil
	}
	r.setNumberPath("task/", tid, "/stat")
	if text, err = r.read(dir); err != nil {
		return 0, err
	}
	s, err := proc.ParseStat(text)
	return s.CPU, err
}
