package observe

import (
	"bytes"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// addTasks reads the threads of every live process. It is the last part of a look:
// when the counters of a thread are the same as in an earlier look, the thread
// slept while this look read everything else.
func (o *Observer) addTasks(p *Picture) {
	left := make([]bool, len(p.Processes))
	sleeps := make([][]sleep, len(p.Processes))
	o.each(len(p.Processes), func(r *procReader, i int) {
		t := taskReader{r: r, before: o.sleeps}
		left[i] = t.readTasks(&p.Processes[i])
		sleeps[i] = t.sleeps
	})
	o.sleeps = make(map[int]sleep, len(p.Processes))
	rest := p.Processes[:0]
	for i, q := range p.Processes {
		if left[i] {
			rest = append(rest, q)
		}
		for _, s := range sleeps[i] {
			o.sleeps[s.tid] = s
		}
	}
	p.Vanished = p.Vanished || len(rest) < len(p.Processes)
	clear(p.Processes[len(rest):])
	p.Processes = rest
}

// A taskReader reads the threads of one process.
type taskReader struct {
	r      *procReader
	before map[int]sleep // by TID, from the last look
	sleeps []sleep
}

// readTasks adds the threads to a process and updates its state. It returns false
// when the process is gone.
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
	p.setStat(s)
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

// readTask adds one thread, if it is alive.
//
// It reads the call before the counters, which change while a thread goes to
// sleep: after its state does, and before it leaves the processor. The kernel
// shows the call only once the thread has left. A thread whose counters are those
// of an earlier look has therefore slept from that look until its call was read.
func (w *taskReader) readTask(dir *procDir, tid int, p *Process) {
	r := w.r
	call, callErr := r.call(dir, tid)
	r.setNumberPath("task/", tid, "/status")
	text, err := r.read(dir)
	if err != nil {
		p.noteUnreadable(err, "threads")
		return
	}
	s, err := proc.ParseStatus(text)
	if err != nil {
		p.noteUnreadable(err, "threads")
		return
	}
	if !s.State.Alive() {
		return
	}
	t := Task{TID: tid, State: s.State, Tracer: s.Tracer, Pending: s.Pending, Blocked: s.Blocked, Call: call,
		Sleeps: s.Voluntary, Switches: s.Voluntary + s.Involuntary}
	p.Signals = Signals{Pending: s.ProcessPending, Ignored: s.Ignored, Caught: s.Caught}
	if t.CPU, err = r.taskCPU(dir, tid); err != nil {
		p.noteUnreadable(err, "processor time")
	}
	if callErr != nil {
		p.noteUnreadable(callErr, "system calls")
	} else {
		w.addTiming(&t, p.ID)
	}
	p.Tasks = append(p.Tasks, t)
}

// call reads the system call that a thread sleeps in.
func (r *procReader) call(dir *procDir, tid int) (Call, error) {
	r.setNumberPath("task/", tid, "/syscall")
	text, err := r.read(dir)
	if err != nil {
		return Call{Number: proc.NoSyscall}, err
	}
	return callOf(proc.ParseSyscall(text)), nil
}

func (p *Process) noteUnreadable(err error, what string) {
	if p.Unreadable == nil {
		p.Unreadable = unreadable(err, what, p.ID.PID)
	}
}

// sumTasks makes the processor time of the process as exact as that of its
// threads. Its own, in steps of 10 ms, includes threads that have ended.
func (p *Process) sumTasks() {
	var sum time.Duration
	for _, t := range p.Tasks {
		sum += t.CPU
	}
	p.CPU = max(p.CPU, sum)
}

// timers counts the POSIX timers of a process, proc_pid_timers(5).
func (r *procReader) timers(dir *procDir) int {
	r.setPath("timers")
	text, err := r.readList(dir, 1<<20)
	if err != nil {
		return 0 // a kernel without CONFIG_CHECKPOINT_RESTORE, or the process is gone
	}
	return bytes.Count(text, []byte("ID:"))
}

// awaitChildSignals returns when the parents of all zombies that the look saw have
// been sent SIGCHLD. The kernel makes a process a zombie a moment before it sends
// the signal, both under one lock (exit_notify), and on a virtual machine that
// moment can be long. A signal to a process group takes the same lock, kill(2);
// signal 0 does nothing else.
func awaitChildSignals() { _ = unix.Kill(-unix.Getpgrp(), 0) }

// A tableReader reads the descriptor tables that threads of a process have to
// themselves.
type tableReader struct {
	r       *procReader
	dir     *procDir
	process *Process
	room    *atomic.Int64 // as in descriptors
	read    []int         // one thread of each table that was read
	// known are the descriptors of these; nil while the kernel tells tables apart.
	known map[slot]bool
}

// A slot is a descriptor number and what it refers to.
type slot struct {
	fd     int
	target string
}

// addTables adds the descriptors of all tables but that of the thread first, which
// the process has already. The error is nil when threads end meanwhile.
func (t *tableReader) addTables(first int) error {
	t.r.setPath("task")
	tids, err := t.r.numbers(t.dir)
	if err != nil {
		return unreadable(err, "threads", t.process.ID.PID)
	}
	t.read = []int{first}
	for _, tid := range tids {
		if tid == first || t.wasRead(tid) {
			continue
		}
		if err := t.addTable(tid); err != nil {
			return err
		}
		t.read = append(t.read, tid)
	}
	return nil
}

// wasRead reports whether the table of a thread is among those that were read. Where
// kcmp(2) is refused, as in a container, no table counts as read.
func (t *tableReader) wasRead(tid int) bool {
	for _, other := range t.read {
		order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(tid), uintptr(other), kcmpFiles, 0, 0, 0)
		if errno != 0 {
			t.noteKnown()
			return false
		}
		if order == 0 {
			return true
		}
	}
	return false
}

// kcmpFiles is KCMP_FILES of kcmp(2): the two share a descriptor table.
const kcmpFiles = 2

func (t *tableReader) noteKnown() {
	if t.known == nil {
		t.known = make(map[slot]bool, len(t.process.Descriptors))
		for _, d := range t.process.Descriptors {
			t.known[slot{d.FD, d.Target}] = true
		}
	}
}

// addTable adds the descriptors of one thread. Where the kernel does not tell tables
// apart, it leaves out those that the process has already.
func (t *tableReader) addTable(tid int) error {
	list, err := t.r.descriptors(t.dir, t.process.ID.PID, tid, t.room)
	for _, d := range list {
		if t.known[slot{d.FD, d.Target}] {
			t.room.Add(1)
			continue
		}
		if t.known != nil {
			t.known[slot{d.FD, d.Target}] = true
		}
		d.Thread = tid
		t.process.Descriptors = append(t.process.Descriptors, d)
	}
	return err
}
