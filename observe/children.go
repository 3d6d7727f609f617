package observe

import "github.com/forkproof/forkproof/internal/proc"

// children appends the pids of the children of the process whose directory is
// open, at most limit of them. Children belong to the thread that forked them,
// so every thread is asked, proc_tid_children(5). Complete is false when a
// thread went away meanwhile: its children then have another thread for parent.
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
	const longest = 11 // digits of a pid and a space, and to spare
	r.setNumberPath("task/", tid, "/children")
	text, err := r.readList(dir, (limit+1)*longest)
	if err != nil {
		return list, false
	}
	return proc.AppendPIDs(list, text, limit+1), true
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
