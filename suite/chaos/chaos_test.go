package chaos

import (
	"fmt"
	"testing"
)

// TestSeedStandsForItsSequence: a person who is told a seed can have the same
// faults again.
func TestSeedStandsForItsSequence(t *testing.T) {
	draw := func(n int, seed uint64) string { return fmt.Sprint(drawDisturbances(n, seed)) }
	if first, second := draw(50, 7), draw(50, 7); first != second {
		t.Error("the same seed gives another sequence")
	}
	if draw(50, 7) == draw(50, 8) {
		t.Error("another seed gives the same sequence")
	}
	const want = "[50 SIGCHLD come for nothing (meanwhile 3 clients, which end with a reset)]"
	if got := draw(1, 1); got != want {
		t.Errorf("%s, want %s: sequences must not change, seeds are written down", got, want)
	}
}
