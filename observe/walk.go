package observe

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// A walk reads the tree once, one generation after the other.
type walk struct {
	o        *Observer
	detail   Detail
	before   []Process // what the last walk of the same look read
	deadline time.Time // until then a walk waits for epoll users that run

	list     []Process
	children [][]int // pids, by index in list
	seen     map[int]bool
	room     *atomic.Int64 // how many more descriptors the walk may read

	vanished  bool // a process ended meanwhile
	truncated bool
	parents   map[int][]int // children by parent, when /proc was scanned
}

// A visit is what was read of one process.
type visit struct {
	process  Process
	children []int
	// complete is false when the process, or a thread of it, ended meanwhile.
	complete bool
}

// tree fills the list.
func (w *walk) tree() error {
	w.seen, w.room = map[int]bool{w.o.root: true}, new(atomic.Int64)
	w.room.Store(MaxDescriptors)
	if w.o.scan {
		var err error
		if w.parents, err = w.reader().scanParents(); err != nil {
			return err
		}
	}
	first, err := w.childrenOfRoot()
	if err != nil {
		return err
	}
	if w.o.WithRoot {
		w.addRoot()
	}
	w.addChildren(w.o.root, first)
	w.descend()
	if again, err := w.childrenOfRoot(); err == nil {
		// Orphans that came to the root while their old parent was read.
		w.addChildren(w.o.root, again)
		w.descend()
	}
	for _, p := range w.before {
		// Processes that are there, but missing from the lists of children this time.
		w.addChildren(p.Parent, []int{p.ID.PID})
	}
	if w.room.Load() < 0 {
		return ErrTooManyDescriptors
	}
	return nil
}

func (w *walk) reader() *procReader { return &w.o.readers[0] }

// addRoot reads the root. Its children are read apart.
func (w *walk) addRoot() {
	v := w.visit(w.reader(), w.o.root)
	if v.process.ID.PID == 0 {
		w.vanished = true
		return
	}
	w.list, w.children = append(w.list, v.process), append(w.children, nil)
}

// descend reads the children of every process of the list.
func (w *walk) descend() {
	for i := 0; i < len(w.list) && !w.truncated && w.room.Load() >= 0; i++ {
		w.addChildren(w.list[i].ID.PID, w.children[i])
		w.children[i] = nil
	}
}

// addChildren reads children of one parent and adds them in the order of their
// start.
func (w *walk) addChildren(parent int, pids []int) {
	pids = slices.DeleteFunc(pids, func(pid int) bool { return w.seen[pid] })
	if room := w.o.MaxProcesses - len(w.list); len(pids) > room {
		pids, w.truncated = pids[:room], true
	}
	if len(pids) == 0 {
		return
	}
	visits := make([]visit, len(pids))
	w.o.each(len(pids), func(r *procReader, i int) { visits[i] = w.visit(r, pids[i]) })
	slices.SortStableFunc(visits, func(a, b visit) int {
		return cmp.Compare(a.process.ID.Start, b.process.ID.Start)
	})
	for _, v := range visits {
		w.add(parent, v)
	}
}

// add adds a process to the list, if it belongs there.
func (w *walk) add(parent int, v visit) {
	p := v.process
	if !v.complete || p.Parent != parent {
		w.vanished = true // it ended, or its parent did, or its pid was used again
	}
	if p.ID.PID == 0 || p.Parent != parent && !w.seen[p.Parent] {
		return
	}
	w.seen[p.ID.PID] = true
	w.list, w.children = append(w.list, p), append(w.children, v.children)
}

// visit reads one process and the list of its children. It opens everything below
// the directory of the process, so that all of it belongs to the same process even
// if its pid is used again meanwhile.
func (w *walk) visit(r *procReader, pid int) visit {
	dir, s, err := r.enter(pid)
	if err != nil {
		return visit{}
	}
	defer r.leave(dir)
	if s.State == Dead {
		return visit{}
	}
	v := visit{complete: true}
	v.process.ID = ProcessID{PID: pid, Start: s.Start}
	v.process.setStat(s)
	if !v.process.Alive() {
		return v
	}
	if w.detail&Descriptors != 0 {
		if w.o.epollUsers[v.process.ID] {
			if s, err = r.whenAsleep(dir, pid, s, w.deadline); err != nil || s.State == Dead {
				return visit{}
			}
			if v.process.setStat(s); !v.process.Alive() {
				return v
			}
		}
		v.process.Descriptors, v.process.Unreadable = r.descriptors(dir, pid, s.liveTID, w.room)
		if s.Threads > 1 && v.process.Unreadable == nil {
			t := tableReader{r: r, dir: dir, process: &v.process, room: w.room}
			v.process.Unreadable = t.addTables(cmp.Or(s.liveTID, pid))
		}
	}
	v.children, v.complete = w.childrenOf(r, dir, pid, s.Threads)
	return v
}

// setStat copies what a stat file shows.
func (p *Process) setStat(s stat) {
	p.Parent, p.Group, p.Session = s.Parent, s.Group, s.Session
	if p.Name != string(s.Name) {
		p.Name = string(s.Name)
	}
	p.State, p.CPU, p.RSSBytes = s.State, s.CPU, s.RSSBytes
}

// childrenOf returns the children of the process whose directory is open, and
// whether these are all.
func (w *walk) childrenOf(r *procReader, dir *procDir, pid, threads int) ([]int, bool) {
	if w.o.scan {
		return slices.Clone(w.parents[pid]), true
	}
	return r.children(dir, pid, threads, w.o.MaxProcesses, nil)
}

// childrenOfRoot returns the children of the root; none when the root is gone.
func (w *walk) childrenOfRoot() ([]int, error) {
	r := w.reader()
	dir, err := r.openProcess(w.o.root)
	if err != nil {
		if gone(err) && r.hasProc() {
			return nil, nil
		}
		return nil, fmt.Errorf("%w: %w", errNoProc, err)
	}
	defer r.leave(dir)
	threads := 1
	if !w.o.ChildrenOfFirstThread {
		s, err := r.stat(dir)
		if gone(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNoProc, err)
		}
		threads = s.Threads
	}
	pids, complete := w.childrenOf(r, dir, w.o.root, threads)
	if w.o.ChildrenOfFirstThread && w.o.Starter != 0 && w.o.Starter != w.o.root && !w.o.scan {
		pids, _ = r.childrenOf(dir, w.o.Starter, w.o.MaxProcesses, pids) // the thread ends with the host
	}
	w.vanished = w.vanished || !complete
	return pids, nil
}

var errNoProc = errors.New("/proc cannot be used")

// hasProc reports whether /proc shows processes at all.
func (r *procReader) hasProc() bool {
	r.setPath(r.root + "/self/stat")
	_, err := r.read(machine)
	return err == nil
}
