package observe

import (
	"bytes"
	"time"

	"github.com/forkproof/forkproof/internal/proc"
)

// addTasks reads the threads of every live process. This comes last in a look:
// where the counters of a thread are the same as in an earlier look, it slept
// while everything else of this look was read.
func (o *Observer) addTasks(p *Picture) {
	left := make([]bool, len(p.Processes))
	slept := make([][]sleep, len(p.Processes))
	o.each(len(p.Processes), func(r *procReader, i int) {
		t := taskReader{r: r, before: o.slept}
		left[i] = t.readTasks(&p.Processes[i])
		slept[i] = t.slept
	})
	o.slept = make(map[int]sleep, len(p.Processes))
	kept := p.Processes[:0]
	for i, q := range p.Processes {
		if left[i] {
			kept = append(kept, q)
		}
		for _, s := range slept[i] {
			o.slept[s.tid] = s
		}
	}
	p.Vanished = p.Vanished || len(kept) < len(p.Processes)
	clear(p.Processes[len(kept):])
	p.Processes = kept
}

// A taskReader reads the threads of one process.
type taskReader struct {
	r      *procReader
	before map[int]sleep // by TID, from the look before
	slept  []sleep
}

// readTasks completes one process and brings its state up to date. It says
// false when the process is gone.
func (w *taskReader) readTasks(p *Process) bool {
	if !p.Alive() {
		return true
	}
	r := w.r
	dir, s, err := r.enter(p.ID.PID)
	if err != nil {
		return false
	}
	defer r.leave(dir)
	if s.Start != p.ID.Start || s.State == Dead {
		return false
	}
	p.take(s)
	if !p.Alive() {
		p.Descriptors, p.Unreadable = nil, nil
		return true
	}
	tids := []int{p.ID.PID}
	if s.Threads > 1 {
		r.setPath("task")
		if tids, err = r.numbers(dir); err != nil {
			return !gone(err)
		}
	}
	for _, tid := range tids {
		w.readTask(dir, tid, p)
	}
	p.Timers = r.timers(dir)
	p.sumTasks()
	return true
}

// call reads which system call a thread sleeps in.
func (r *procReader) call(dir *procDir, tid int) (Call, error) {
	r.setNumberPath("task/", tid, "/syscall")
	text, err := r.read(dir)
	if err != nil {
		return Call{Number: proc.NoSyscall}, err
	}
	return callOf(proc.ParseSyscall(text)), nil
}

// readTask adds one thread, if it lives.
//
// Its call is read before its counters, which change while a thread goes to
// sleep: after it has said so in its state, and before it leaves the processor.
// To tell the call, the kernel waits until it has left. So a thread whose
// counters are those of an earlier look has slept from that look to the moment
// when its call was read.
func (w *taskReader) readTask(dir *procDir, tid int, p *Process) {
	r := w.r
	call, callErr := r.call(dir, tid)
	r.setNumberPath("task/", tid, "/status")
	text, err := r.read(dir)
	if err != nil {
		p.notRead(err, "threads")
		return
	}
	s, err := proc.ParseStatus(text)
	if err != nil {
		p.notRead(err, "threads")
		return
	}
	if !s.State.Alive() {
		return
	}
	t := Task{TID: tid, State: s.State, Pending: s.Pending, Blocked: s.Blocked, Call: call,
		Sleeps: s.Voluntary, Switches: s.Voluntary + s.Involuntary}
	p.Signals = Signals{Pending: s.ProcessPending, Ignored: s.Ignored, Caught: s.Caught}
	if t.CPU, err = r.taskCPU(dir, tid); err != nil {
		p.notRead(err, "processor time")
	}
	if callErr != nil {
		p.notRead(callErr, "system calls")
	} else {
		w.timeOut(&t, p.ID)
	}
	p.Tasks = append(p.Tasks, t)
}

func (p *Process) notRead(err error, what string) {
	if p.Unreadable == nil {
		p.Unreadable = unreadable(err, what, p.ID.PID)
	}
}

// sumTasks makes the processor time of the process as fine as that of its
// threads. Its own, in clock ticks, has that of threads that ended too.
func (p *Process) sumTasks() {
	var sum time.Duration
	for _, t := range p.Tasks {
		sum += t.CPU
	}
	p.CPU = max(p.CPU, sum)
}

// taskCPU gives a thread's time on a processor: from schedstat to the
// nanosecond, or else from its stat file, in clock ticks.
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

// timers counts the POSIX timers of a process, proc_pid_timers(5).
func (r *procReader) timers(dir *procDir) int {
	r.setPath("timers")
	text, err := r.readList(dir, 1<<20)
	if err != nil {
		return 0 // a kernel without CONFIG_CHECKPOINT_RESTORE, or gone
	}
	return bytes.Count(text, []byte("ID:"))
}
