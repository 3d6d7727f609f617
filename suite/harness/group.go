package harness

import (
	"fmt"
	"sync"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/suite/match"
)

// A Group is some clients, in the order of connecting.
type Group []*match.Client

// atOnce has every client do the same when a barrier opens.
func (g Group) atOnce(do func(*match.Client)) {
	var ready, done sync.WaitGroup
	open := make(chan struct{})
	ready.Add(len(g))
	for _, c := range g {
		done.Go(crash.Guarded(func() {
			ready.Done()
			<-open
			do(c)
		}))
	}
	ready.Wait()
	close(open)
	done.Wait()
}

// Names lists the clients: "client 2", "client 1 and client 3", "5 clients,
// client 1 to client 5,".
func (g Group) Names() string {
	switch len(g) {
	case 0:
		return "no client"
	case 1:
		return g[0].Name
	case 2:
		return g[0].Name + " and " + g[1].Name
	}
	return fmt.Sprintf("%d clients, %s to %s,", len(g), g[0].Name, g[len(g)-1].Name)
}

// Count returns a number with its noun: "1 client", "5 clients".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
