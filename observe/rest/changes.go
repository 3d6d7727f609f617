package rest

import "github.com/forkproof/forkproof/observe"

// compareProcesses adds the processes that started, ended or changed their state
// between two looks.
func compareProcesses(r *reasons, earlier, later observe.Picture) {
	if earlier.Truncated || later.Truncated {
		r.add("the tree has more processes than one look reads")
		return
	}
	if later.Vanished {
		r.add("a process ended during the look")
	}
	before := make(map[observe.ProcessID]observe.State, len(earlier.Processes))
	for _, p := range earlier.Processes {
		before[p.ID] = p.State
	}
	for _, p := range later.Processes {
		state, known := before[p.ID]
		switch {
		case !known:
			r.add("process %d is new", p.ID.PID)
		case state != p.State:
			r.add("process %d was %v and is now %v", p.ID.PID, state, p.State)
		}
		delete(before, p.ID)
	}
	for _, p := range earlier.Processes {
		if _, left := before[p.ID]; left {
			r.add("process %d is gone", p.ID.PID)
		}
	}
}

// compareThreads adds the threads that started, ended or ran between two looks,
// except those of some wake sources.
func compareThreads(r *reasons, earlier, later observe.Picture, except []WakeSource) {
	mayRun := map[int]bool{}
	for _, source := range except {
		for _, tid := range source.TIDs {
			mayRun[tid] = true
		}
	}
	before := make(map[observe.ProcessID][]observe.Task, len(earlier.Processes))
	for _, p := range earlier.Processes {
		before[p.ID] = p.Tasks
	}
	for _, p := range later.Processes {
		tasks, known := before[p.ID]
		if !known || r.full() {
			continue // compareProcesses has added it
		}
		if len(tasks) != len(p.Tasks) {
			r.add("process %d had %d threads and now has %d", p.ID.PID, len(tasks), len(p.Tasks))
			continue
		}
		for i, t := range p.Tasks {
			switch old := tasks[i]; {
			case mayRun[t.TID]:
			case old.TID != t.TID:
				r.add("process %d has a new thread, %d", p.ID.PID, t.TID)
			case old.State != t.State:
				r.add("thread %d was %v and is now %v", t.TID, old.State, t.State)
			case old.Switches != t.Switches || old.CPU != t.CPU:
				r.add("thread %d ran between the looks", t.TID)
			}
		}
	}
}
