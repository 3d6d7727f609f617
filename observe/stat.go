package observe

import (
	"bytes"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// A stat is the stat file of a process.
type stat struct {
	proc.Stat
	// liveTID is a live thread when the first one has exited, else 0. Without
	// privilege the files of a process are then read through that thread.
	liveTID int
}

// stat reads the stat file of the process whose directory is open. The name is
// valid until the next call of r.
func (r *procReader) stat(dir *procDir) (stat, error) {
	r.setPath("stat")
	line, err := r.read(dir)
	if err != nil {
		return stat{}, err
	}
	var s stat
	if s.Stat, err = proc.ParseStat(line); err == nil && s.State == Zombie && s.Threads > 1 {
		s.Name = bytes.Clone(s.Name)
		s.State, s.liveTID = r.busiestThread(dir)
	}
	return s, err
}

// busiestThread returns the state and the TID of the busiest thread of a process
// whose first thread has exited; Zombie and 0 when no thread is left.
func (r *procReader) busiestThread(dir *procDir) (State, int) {
	busiest, which := Zombie, 0
	r.setPath("task")
	tids, err := r.numbers(dir)
	if err != nil {
		return busiest, which
	}
	for _, tid := range tids {
		r.setNumberPath("task/", tid, "/stat")
		line, err := r.read(dir)
		if err != nil {
			continue
		}
		if s, err := proc.ParseStat(line); err == nil && busier(s.State, busiest) {
			busiest, which = s.State, tid
		}
	}
	return busiest, which
}

func busier(a, b State) bool {
	return bytes.IndexByte(byBusyness, byte(a)) < bytes.IndexByte(byBusyness, byte(b))
}

var byBusyness = []byte{byte(Running), byte(DiskSleep), byte(Sleeping), byte(proc.Idle),
	byte(TraceStop), byte(Stopped), byte(Zombie)}

// ReadState returns the state of one process, by proc_pid_stat(5). The error is
// ENOENT or ESRCH when there is no such process. A process whose first thread has
// exited while others live is not a zombie.
func ReadState(pid int) (State, error) {
	r := procReader{root: "/proc", data: make([]byte, 1<<10)}
	dir, s, err := r.enter(pid)
	if err != nil {
		return 0, fmt.Errorf("read the state of process %d: %w", pid, err)
	}
	r.leave(dir)
	return s.State, nil
}

// children appends the pids of the children of the process whose directory is
// open, at most limit of them. A child belongs to the thread that forked it, so
// every thread is asked, proc_tid_children(5). Complete is false when a thread
// ended meanwhile: its children then have another thread for parent.
func (r *procReader) children(dir *procDir, pid, threads, limit int, list []int) (_ []int, complete bool) {
	if threads <= 1 {
		return r.childrenOf(dir, pid, limit, list)
	}
	r.setPath("task")
	tids, err := r.numbers(dir)
	if err != nil {
		return list, false
	}
	from, complete := len(list), true
	for _, tid := range tids {
		var all bool
		list, all = r.childrenOf(dir, tid, limit-(len(list)-from), list)
		complete = complete && all
	}
	return list, complete
}

// childrenOf appends the children of one thread.
func (r *procReader) childrenOf(dir *procDir, tid, limit int, list []int) ([]int, bool) {
	const longest = 11 // digits of a pid, a space, and some to spare
	r.setNumberPath("task/", tid, "/children")
	text, err := r.readList(dir, (limit+1)*longest)
	if err != nil {
		return list, false
	}
	return proc.AppendPIDs(list, text, limit+1), true
}

// hasChildrenFiles reports whether the kernel has proc_tid_children(5), which
// depends on its configuration.
func (r *procReader) hasChildrenFiles() bool {
	r.setPath(r.root + "/thread-self/children")
	fd, err := r.open(machine, unix.O_RDONLY)
	if err != nil {
		return false
	}
	_ = unix.Close(fd)
	return true
}

// scanParents lists the children of every process on the machine, for kernels
// without proc_tid_children(5).
func (r *procReader) scanParents() (map[int][]int, error) {
	r.setPath(r.root)
	pids, err := r.numbers(machine)
	if err != nil {
		return nil, err
	}
	parents := make(map[int][]int, len(pids))
	for _, pid := range pids {
		r.setNumberPath(r.root+"/", pid, "/stat")
		line, err := r.read(machine)
		if err != nil {
			continue // ended meanwhile
		}
		if s, err := proc.ParseStat(line); err == nil {
			parents[s.Parent] = append(parents[s.Parent], pid)
		}
	}
	return parents, nil
}
