package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one  two", 10, []string{"one  two"}},
		{"abcdefghij k", 4, []string{"abcd", "efgh", "ij k"}},
		{"§§§§ §", 4, []string{"§§§§", "§"}},
		{"no ::error::x", 10, []string{"no", `\x3a:error::x`}},
		{"ab", 0, []string{"a", "b"}},
	} {
		got := wrap(c.text, c.width)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("wrap(%q, %d) (-want +got):\n%s", c.text, c.width, diff)
		}
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{
		"./server": "./server", "{port}": "{port}", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$x": "'$x'", "é": "'é'",
	} {
		if got := CommandLine([]string{in}); got != want {
			t.Errorf("CommandLine(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestSpelledInASCII(t *testing.T) {
	s := Style{ASCII: true}
	if got, want := s.plain("UNP §5.9–5.10 … “é” 😀"), `UNP section 5.9-5.10 ... "\u00e9" \U0001f600`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if strings.IndexFunc(s.markOf(Pass)+s.markOf(NotApplicable)+s.markOf(NotRun), notASCII) >= 0 {
		t.Error("a mark is not ASCII")
	}
}
