package nearest

import (
	"slices"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"reference", "reap-once", "wait-once", "wait-loop", "never-waits", "leaks-descriptor", "epoll", "select"}
	for word, want := range map[string][]string{
		"reap-one":    {"reap-once"},
		"reap-onse":   {"reap-once"},
		"wait":        {"wait-once", "wait-loop", "never-waits"},
		"descriptor":  {"leaks-descriptor"},
		"refferenc":   {"reference"},
		"eppol":       {"epoll"},
		"xyz":         nil,
		"":            nil,
		"nothing-of-": nil,
	} {
		if got := Names(word, names); !slices.Equal(got, want) {
			t.Errorf("Names(%q): %q, want %q", word, got, want)
		}
	}
}

func TestEdits(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"epoll", "eppol", 2}, {"a", "a", 0}} {
		if got := edits(test.a, test.b); got != test.want {
			t.Errorf("edits(%q, %q): %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
