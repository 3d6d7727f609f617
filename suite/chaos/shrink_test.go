package chaos

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestShrink: what is left still fails, and nothing of it can be left out.
func TestShrink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfNDistinct(rapid.IntRange(0, 99), 1, 30, rapid.ID).Draw(t, "list")
		culprits := rapid.SliceOfNDistinct(rapid.SampledFrom(list), 1, 4, rapid.ID).Draw(t, "culprits")
		got := shrink(list, func(part []int) bool {
			return !slices.ContainsFunc(culprits, func(c int) bool { return !slices.Contains(part, c) })
		})
		slices.Sort(got)
		slices.Sort(culprits)
		if !slices.Equal(got, culprits) {
			t.Fatalf("%v, want %v", got, culprits)
		}
	})
}
