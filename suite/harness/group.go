package harness

import (
	"fmt"
	"sync"

	"github.com/forkproof/forkproof/suite/match"
)

// atOnce has every client do the same when a barrier opens.
func (g Group) atOnce(do func(*match.Client)) {
	var ready, done sync.WaitGroup
	open := make(chan struct{})
	ready.Add(len(g))
	for _, c := range g {
		done.Go(func() {
			ready.Done()
			<-open
			do(c)
		})
	}
	ready.Wait()
	close(open)
	done.Wait()
}

// names says who the group is: "client 2", "client 1 and client 3", "5 clients,
// client 1 to client 5".
func (g Group) names() string {
	switch len(g) {
	case 0:
		return "nobody"
	case 1:
		return g[0].Name
	case 2:
		return g[0].Name + " and " + g[1].Name
	}
	return fmt.Sprintf("%d clients, %s to %s,", len(g), g[0].Name, g[len(g)-1].Name)
}
