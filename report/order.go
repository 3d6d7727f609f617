package report

import (
	"slices"
	"sync"
)

// InOrder returns a function that takes verdicts as they come and tells them in the order
// of ids: each when all before it are told. One that is not among them is told at once.
// It may be called by several goroutines; tell is called by one at a time.
func InOrder(ids []string, tell func(Requirement)) func(Requirement) {
	var mu sync.Mutex
	early := map[string]Requirement{}
	return func(r Requirement) {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(ids, r.ID) {
			tell(r)
			return
		}
		early[r.ID] = r
		for len(ids) > 0 {
			next, finished := early[ids[0]]
			if !finished {
				return
			}
			ids = ids[1:]
			tell(next)
		}
	}
}
