package life

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/forkproof/forkproof/report"
)

// A Replay goes through the steps of a life and knows the tables after each.
type Replay struct {
	life *Life
	next int
	// state and table are by process, and a table by descriptor.
	state map[int]string
	table map[int]map[int]Change
	// later are, by process, the places of the steps that are its calls.
	later map[int][]int
}

// NewReplay returns a replay that stands before the first step.
func NewReplay(l *Life) *Replay {
	r := &Replay{life: l, state: map[int]string{}, table: map[int]map[int]Change{}, later: map[int][]int{}}
	for i, s := range l.Steps {
		if s.Kind == Call {
			r.later[s.PID] = append(r.later[s.PID], i)
		}
	}
	return r
}

// Next takes the next step and returns it; false when there is none.
func (r *Replay) Next() (Step, bool) {
	if r.next == len(r.life.Steps) {
		return Step{}, false
	}
	s := r.life.Steps[r.next]
	r.next++
	for _, c := range s.Changes {
		switch {
		case c.State == Gone:
			delete(r.state, c.PID)
			delete(r.table, c.PID)
		case c.State == Zombie:
			r.state[c.PID] = c.State
			delete(r.table, c.PID)
		case c.State != "":
			r.state[c.PID] = c.State
			if r.table[c.PID] == nil {
				r.table[c.PID] = map[int]Change{}
			}
		case c.Closed:
			delete(r.table[c.PID], c.FD)
		default:
			if r.table[c.PID] == nil {
				r.table[c.PID] = map[int]Change{}
			}
			r.table[c.PID][c.FD] = c
		}
	}
	return s, true
}

// State returns the state of a process; Gone when it is not there.
func (r *Replay) State(pid int) string { return cmp.Or(r.state[pid], Gone) }

// Table returns the descriptor table of a process, in the order of the numbers.
func (r *Replay) Table(pid int) []Change {
	return slices.SortedFunc(maps.Values(r.table[pid]), func(a, b Change) int { return cmp.Compare(a.FD, b.FD) })
}

// Blocked returns the call that a process is in after the step: "accept(3)"; empty when
// it is in none.
func (r *Replay) Blocked(pid int) string {
	if r.next == 0 {
		return ""
	}
	at := r.life.Steps[r.next-1].AtUS
	list := r.later[pid]
	i, _ := slices.BinarySearch(list, r.next)
	if i == len(list) {
		return ""
	}
	switch s := r.life.Steps[list[i]]; {
	case s.BeganUS > at || s.BeganUS == s.AtUS:
		return ""
	case s.FD != nil:
		return fmt.Sprintf("%s(%d)", s.Call, *s.FD)
	default:
		return s.Call + "()"
	}
}

// Evidence returns the processes and their tables, as they are after the step.
func (r *Replay) Evidence() *report.Evidence {
	e := &report.Evidence{}
	for _, p := range r.life.Processes {
		state := r.State(p.PID)
		if state == Gone {
			continue
		}
		q := report.Process{
			PID: p.PID, Parent: p.Parent, PIDInside: p.Inside, ParentInside: p.ParentInside, State: state, Role: p.Role,
		}
		if state == Running {
			q.Blocked = r.Blocked(p.PID)
			if q.Blocked != "" {
				q.State = "sleeping"
			}
		}
		for _, c := range r.Table(p.PID) {
			q.Descriptors = append(q.Descriptors, report.Descriptor{FD: c.FD, What: c.What, Kind: c.Kind, Object: c.Object, Client: c.Client})
		}
		e.Processes = append(e.Processes, q)
	}
	return e
}
