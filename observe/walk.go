package observe

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// A walk goes through the tree once, one generation after the other.
type walk struct {
	o      *Observer
	detail Detail
	before []Process // what the walk before saw
	timeUp time.Time // until then those that watch by epoll are waited for

	list  []Process
	below [][]int // pids of the children, by index in list
	seen  map[int]bool
	room  *atomic.Int64 // for descriptors; below 0 when there were more

	vanished  bool // a process went away meanwhile
	truncated bool
	parents   map[int][]int // children by parent, when /proc was scanned
}

// A visit is what was read of one process.
type visit struct {
	process Process
	below   []int
	// Complete is false when the process, or a thread of it, went away.
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
	first, err := w.belowRoot()
	if err != nil {
		return err
	}
	w.generation(w.o.root, first)
	w.descend()
	if again, err := w.belowRoot(); err == nil {
		// Orphans that came to the root while their old parent was being read.
		w.generation(w.o.root, again)
		w.descend()
	}
	for _, p := range w.before {
		// Ones that are there, but that the lists of children missed this time.
		w.generation(p.Parent, []int{p.ID.PID})
	}
	if w.room.Load() < 0 {
		return ErrTooManyDescriptors
	}
	return nil
}

func (w *walk) reader() *procReader { return &w.o.readers[0] }

// descend reads the children of every process of the list.
func (w *walk) descend() {
	for i := 0; i < len(w.list) && !w.truncated && w.room.Load() >= 0; i++ {
		w.generation(w.list[i].ID.PID, w.below[i])
		w.below[i] = nil
	}
}

// generation adds the children of one parent, in the order of their start.
func (w *walk) generation(parent int, pids []int) {
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

// add takes a visited process into the list, if it belongs there.
func (w *walk) add(parent int, v visit) {
	p := v.process
	if !v.complete || p.Parent != parent {
		w.vanished = true // it ended, or its parent did, or its pid was used again
	}
	if p.ID.PID == 0 || p.Parent != parent && !w.seen[p.Parent] {
		return
	}
	w.seen[p.ID.PID] = true
	w.list, w.below = append(w.list, p), append(w.below, v.below)
}

// visit reads one process and the list of its children. Everything is opened
// below its directory, so that it is the same process even if its pid is used
// again meanwhile.
func (w *walk) visit(r *procReader, pid int) visit {
	dir, s, err := r.enter(pid)
	if err != nil {
		return visit{}
	}
	defer r.leave(dir)
	if s.state == Dead {
		return visit{}
	}
	v := visit{complete: true}
	v.process.ID = ProcessID{PID: pid, Start: s.start}
	v.process.take(s)
	if !v.process.Alive() {
		return v
	}
	if w.detail&Descriptors != 0 {
		if w.o.watching[v.process.ID] {
			if s, err = r.whenAsleep(dir, pid, s, w.timeUp); err != nil || s.state == Dead {
				return visit{}
			}
			if v.process.take(s); !v.process.Alive() {
				return v
			}
		}
		v.process.Descriptors, v.process.Unreadable = r.descriptors(dir, pid, s.heir, w.room)
	}
	v.below, v.complete = w.children(r, dir, pid, s.threads)
	return v
}

// take copies what a stat file says.
func (p *Process) take(s stat) {
	p.Parent, p.Group, p.Session = s.parent, s.group, s.session
	if p.Name != string(s.name) {
		p.Name = string(s.name)
	}
	p.State, p.CPU, p.RSSBytes = s.state, s.cpu, s.rssBytes
}

// children gives the children of the process whose directory is open, and
// whether those are all.
func (w *walk) children(r *procReader, dir *procDir, pid, threads int) ([]int, bool) {
	if w.o.scan {
		return slices.Clone(w.parents[pid]), true
	}
	return r.children(dir, pid, threads, w.o.MaxProcesses, nil)
}

// belowRoot gives the children of the root; none when the root is gone.
func (w *walk) belowRoot() ([]int, error) {
	r := w.reader()
	dir, err := r.openProcess(w.o.root)
	if err != nil {
		if gone(err) && r.usable() {
			return nil, nil
		}
		return nil, fmt.Errorf("%w: %w", errNoProc, err)
	}
	defer r.leave(dir)
	threads := 1
	if !w.o.FirstThread {
		s, err := r.stat(dir)
		if gone(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNoProc, err)
		}
		threads = s.threads
	}
	pids, complete := w.children(r, dir, w.o.root, threads)
	if w.o.FirstThread && w.o.Starter != 0 && w.o.Starter != w.o.root && !w.o.scan {
		pids, _ = r.childrenOf(dir, w.o.Starter, w.o.MaxProcesses, pids) // it ends with the host
	}
	w.vanished = w.vanished || !complete
	return pids, nil
}

var errNoProc = errors.New("/proc cannot be used")

// usable says whether /proc shows processes at all.
func (r *procReader) usable() bool {
	r.setPath(r.root + "/self/stat")
	_, err := r.read(machine)
	return err == nil
}
