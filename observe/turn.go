package observe

// SomeAwaitTheirTurn says whether a thread that wants to run has not been on a
// processor since an earlier look. What others of the tree have used meanwhile
// says nothing of what it is about to do. Both are looks with Tasks.
func SomeAwaitTheirTurn(since, now Picture) bool {
	for _, q := range now.Processes {
		before, _ := since.Find(q.ID)
		for _, t := range q.Tasks {
			old, _ := before.task(t.TID)
			if t.wantsToRun() && t.CPU == old.CPU && t.Switches == old.Switches {
				return true
			}
		}
	}
	return false
}
