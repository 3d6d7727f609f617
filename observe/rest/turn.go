package rest

import (
	"time"

	"github.com/forkproof/forkproof/observe"
)

// SomeAwaitTheirTurn says whether a thread that wants to run, or is to once its
// tracer comes, has been on a processor for less than a turn since an earlier
// look. What others of the tree have used meanwhile says nothing of what it is
// about to do. Both are looks with Tasks.
func SomeAwaitTheirTurn(since, now observe.Picture, turn time.Duration) bool {
	for _, q := range now.Processes {
		before, _ := since.Find(q.ID)
		for _, t := range q.Tasks {
			old, _ := before.Task(t.TID)
			if (wantsToRun(t) || t.State == observe.TraceStop) && t.CPU-old.CPU < turn {
				return true
			}
		}
	}
	return false
}
