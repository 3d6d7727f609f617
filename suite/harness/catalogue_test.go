package harness

import (
	"slices"
	"testing"
)

func TestFoundations(t *testing.T) {
	saved := registered
	t.Cleanup(func() { registered = saved })
	registered = []Entry{
		{Requirement: Requirement{ID: "a/root"}},
		{Requirement: Requirement{ID: "a/left", BuildsOn: []string{"a/root"}}},
		{Requirement: Requirement{ID: "a/right", BuildsOn: []string{"a/root"}}},
		{Requirement: Requirement{ID: "a/top", BuildsOn: []string{"a/right", "a/left"}}},
	}
	top, _ := Find("a/top")
	var got []string
	for _, e := range Foundations(top.Requirement) {
		got = append(got, e.ID)
	}
	if want := []string{"a/root", "a/right", "a/left"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v: each stands before what builds on it", got, want)
	}
}
