package rest_test

import (
	"testing"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/observetest"
	"github.com/forkproof/forkproof/observe/rest"
)

// BenchmarkCompare1000 judges two pictures of 1,001 processes.
func BenchmarkCompare1000(b *testing.B) {
	s := observetest.Start(b, "crowd", "1000")
	before, after := s.Until("complete", func(_, p observe.Picture) bool { return len(p.Processes) == 1001 })
	for b.Loop() {
		rest.Compare(before, after)
	}
}
