package report

import (
	"slices"
	"testing"
)

func TestInOrder(t *testing.T) {
	var told []string
	put := InOrder([]string{"a/1", "a/2", "b/1", "b/2"}, func(r Requirement) { told = append(told, r.ID) })
	for _, id := range []string{"b/1", "x/not-asked-for", "a/1", "a/2"} { // b/2 is never judged
		put(Requirement{ID: id})
	}
	if want := []string{"x/not-asked-for", "a/1", "a/2", "b/1"}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}
