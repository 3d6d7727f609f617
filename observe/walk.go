package observe

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// A walk goes through the tree once, one generation after the other.
type walk struct {
	o      *Observer
	detail Detail

	list     []Process
	children [][]int // pids of the children, by index in list
	seen     map[int]bool
	pids     []int // backing of children

	vanished  bool // a process went away meanwhile
	truncated bool
	parents   map[int][]int // children by parent, when /proc was scanned
}

// tree fills the list.
func (w *walk) tree() error {
	w.seen = map[int]bool{w.o.root: true}
	if w.o.scan {
		if err := w.scanParents(); err != nil {
			return err
		}
	}
	first, err := w.belowRoot()
	if err != nil {
		return err
	}
	w.generation(w.o.root, first)
	w.descend(0)
	if again, err := w.belowRoot(); err == nil {
		// Orphans that came to the root while their old parent was being read.
		w.generation(w.o.root, again)
		w.descend(0)
	}
	return nil
}

// descend visits the children of every process of the list from index on.
func (w *walk) descend(from int) {
	for i := from; i < len(w.list) && !w.truncated; i++ {
		w.generation(w.list[i].ID.PID, w.children[i])
		w.children[i] = nil
	}
}

// generation adds the children of one parent, in the order of their start.
func (w *walk) generation(parent int, pids []int) {
	from := len(w.list)
	for _, pid := range pids {
		if w.seen[pid] {
			continue
		}
		if len(w.list) >= w.o.MaxProcesses {
			w.truncated = true
			break
		}
		w.visit(parent, pid)
	}
	added := w.list[from:]
	byStart := func(a, b Process) int { return cmp.Compare(a.ID.Start, b.ID.Start) }
	if slices.IsSortedFunc(added, byStart) {
		return
	}
	of := make(map[ProcessID][]int, len(added))
	for i, p := range added {
		of[p.ID] = w.children[from+i]
	}
	slices.SortStableFunc(added, byStart)
	for i, p := range added {
		w.children[from+i] = of[p.ID]
	}
}

// visit reads one process and the list of its children.
func (w *walk) visit(parent, pid int) {
	r := &w.o.proc
	dir, err := r.openProcess(pid)
	if err != nil {
		w.vanished = true
		return
	}
	defer func() { _ = unix.Close(dir) }()
	s, err := r.stat(dir)
	if err != nil || s.state == Dead {
		w.vanished = true
		return
	}
	if s.parent != parent {
		w.vanished = true // the parent ended, or the pid was used again
		if !w.seen[s.parent] {
			return
		}
	}
	w.seen[pid] = true
	p := Process{ID: ProcessID{PID: pid, Start: s.start}}
	p.take(s)
	var below []int
	if p.Alive() {
		if w.detail&Descriptors != 0 {
			p.Descriptors, p.Unreadable = r.descriptors(dir, pid)
		}
		below = w.below(dir, pid, s.threads)
	}
	w.list, w.children = append(w.list, p), append(w.children, below)
}

// take copies what a stat file says.
func (p *Process) take(s stat) {
	p.Parent, p.Group, p.Session = s.parent, s.group, s.session
	if p.Name != string(s.name) {
		p.Name = string(s.name)
	}
	p.State, p.CPU, p.RSSBytes = s.state, s.cpu, s.rssBytes
}

// below gives the children of the process whose directory is open.
func (w *walk) below(dir, pid, threads int) []int {
	if w.o.scan {
		return w.parents[pid]
	}
	from := len(w.pids)
	var complete bool
	w.pids, complete = w.o.proc.children(dir, pid, threads, w.o.MaxProcesses, w.pids)
	if !complete {
		w.vanished = true
	}
	return w.pids[from:len(w.pids):len(w.pids)]
}

// belowRoot gives the children of the root; none when the root is gone.
func (w *walk) belowRoot() ([]int, error) {
	r := &w.o.proc
	dir, err := r.openProcess(w.o.root)
	if err != nil {
		if gone(err) && r.usable() {
			return nil, nil
		}
		return nil, fmt.Errorf("%w: %w", errNoProc, err)
	}
	defer func() { _ = unix.Close(dir) }()
	s, err := r.stat(dir)
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoProc, err)
	}
	return w.below(dir, w.o.root, s.threads), nil
}

var errNoProc = errors.New("/proc cannot be used")

// usable says whether /proc shows processes at all.
func (r *procReader) usable() bool {
	r.setPath(r.root + "/self/stat")
	_, err := r.read(unix.AT_FDCWD)
	return err == nil
}
