package rest

import "github.com/forkproof/forkproof/observe"

// sameProcesses adds what came, went or changed its state between two looks.
func sameProcesses(c *clauses, earlier, later observe.Picture) {
	if earlier.Truncated || later.Truncated {
		c.add("there are more processes than a look takes in")
		return
	}
	if later.Vanished {
		c.add("a process ended during the look")
	}
	before := make(map[observe.ProcessID]observe.State, len(earlier.Processes))
	for _, p := range earlier.Processes {
		before[p.ID] = p.State
	}
	for _, p := range later.Processes {
		state, known := before[p.ID]
		switch {
		case !known:
			c.add("%d is new", p.ID.PID)
		case state != p.State:
			c.add("%d was %v and is now %v", p.ID.PID, state, p.State)
		}
		delete(before, p.ID)
	}
	for _, p := range earlier.Processes {
		if _, left := before[p.ID]; left {
			c.add("%d is gone", p.ID.PID)
		}
	}
}

// unmoved adds the threads that came, went or ran between two looks, but for those
// that time wakes.
func unmoved(c *clauses, earlier, later observe.Picture, wakers []Waker) {
	mayRun := map[int]bool{}
	for _, w := range wakers {
		for _, tid := range w.TIDs {
			mayRun[tid] = true
		}
	}
	before := make(map[observe.ProcessID][]observe.Task, len(earlier.Processes))
	for _, p := range earlier.Processes {
		before[p.ID] = p.Tasks
	}
	for _, p := range later.Processes {
		tasks, known := before[p.ID]
		if !known || c.full() {
			continue // already said to be new
		}
		if len(tasks) != len(p.Tasks) {
			c.add("%d had %d threads and has now %d", p.ID.PID, len(tasks), len(p.Tasks))
			continue
		}
		for i, t := range p.Tasks {
			switch old := tasks[i]; {
			case mayRun[t.TID]:
			case old.TID != t.TID:
				c.add("%d has a new thread, %d", p.ID.PID, t.TID)
			case old.State != t.State:
				c.add("%d was %v and is now %v", t.TID, old.State, t.State)
			case old.Switches != t.Switches || old.CPU != t.CPU:
				c.add("%d ran between the looks", t.TID)
			}
		}
	}
}
