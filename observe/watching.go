package observe

import (
	"bytes"
	"time"

	"golang.org/x/sys/unix"
)

// To look at a descriptor is not without effect. The kernel holds the open file
// while it answers, and so a close(2) of the process at that moment is not yet
// the last one: the socket stays in the interest lists of epoll(7), and
// epoll_wait(2) tells of it once more. A server that has forgotten the client by
// then touches memory that it has freed. Where processes watch by epoll, their
// descriptors are read while they sleep, and so close nothing.

const (
	// awakeNap is how long it takes until a process that runs is asked again.
	awakeNap = 50 * time.Microsecond
	// awakeSpin is how much processor time a process may use before it is taken
	// to run on for ever, and is looked at all the same: it is many times what a
	// server takes for one client.
	awakeSpin = 5 * time.Millisecond
	// awakeLimit is how long all those that a look finds running are waited for:
	// the machine may keep them waiting, and they may be hundreds.
	awakeLimit = 200 * time.Millisecond
)

// watch remembers which processes of a picture with descriptors watch by epoll.
func (o *Observer) watch(p Picture) {
	clear(o.watching)
	for _, q := range p.Processes {
		for _, d := range q.Descriptors {
			if d.Kind == EventPoll {
				o.watching[q.ID] = true
			}
		}
	}
}

// whenAsleep waits until no thread of a process runs, and gives its stat file
// as it is then, or as it is when the time is up.
func (r *procReader) whenAsleep(dir *procDir, pid int, s stat, timeUp time.Time) (asleep stat, err error) {
	nap := unix.NsecToTimespec(int64(awakeNap))
	name := bytes.Clone(s.Name) // what is read next takes its place
	defer func() { asleep.Name = name }()
	used := time.Duration(-1)
	for time.Now().Before(timeUp) && r.runs(dir, s) {
		now, err := r.used(dir, pid, s)
		if err != nil {
			return s, err
		}
		if used < 0 {
			used = now
		}
		if now-used >= awakeSpin {
			break
		}
		_ = unix.Nanosleep(&nap, nil) // an early end is no harm
		if s, err = r.stat(dir); err != nil {
			return s, err
		}
	}
	return s, nil
}

// runs says whether some thread is on a processor, or waits for one.
func (r *procReader) runs(dir *procDir, s stat) bool {
	if s.State == Running || s.Threads < 2 {
		return s.State == Running
	}
	state, _ := r.busiestThread(dir)
	return state == Running
}

// used is the processor time of a process, as fine as the kernel tells it.
func (r *procReader) used(dir *procDir, pid int, s stat) (time.Duration, error) {
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
