package match_test

import (
	"fmt"

	"github.com/onsi/gomega"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// printing returns an assertion that prints a failure where a test would fail.
func printing() gomega.Gomega {
	return gomega.NewGomega(func(message string, _ ...int) { fmt.Println(message) })
}

// A server whose parent, process 812, did not wait for one of its children.
func ExampleNoZombies() {
	var s match.Snapshot
	s.Picture.Processes = []observe.Process{
		{ID: observe.ProcessID{PID: 812, Start: 1}, Parent: 1, State: observe.Sleeping},
		{ID: observe.ProcessID{PID: 813, Start: 2}, Parent: 812, State: observe.Zombie},
	}
	printing().Expect(s).To(match.NoZombies())
	// Output:
	// expected no zombie: every child that ended has been waited for
	// found 1 zombie left: 813
	// process 812 has no handler for SIGCHLD (its disposition is the default) and has not waited
}

// Matchers combine with those of Gomega.
func ExampleReaped() {
	child := observe.ProcessID{PID: 813, Start: 2}
	var s match.Snapshot
	s.Picture.Processes = []observe.Process{{ID: child, Parent: 812, State: observe.Zombie}}
	g := printing()
	g.Expect(s).To(gomega.And(match.Dead(child), gomega.Not(match.Reaped(child))))
	g.Expect(s).NotTo(match.Dead(child))
	// Output:
	// expected not: process 813 ended
}
