package catalog

import (
	"slices"
	"strings"
	"testing"
)

const hostileReap = "/* hostile:      bomb\n * threat:       Forks without end.\n * contained-by: a limit\n" +
	" * from:         namespaces\n * expect:       judged or error\n * source:       fork(2)\n */\nvoid reap(void) { bomb(); }\n"

// leastHostiles is how many hostile servers the corpus must have.
const leastHostiles = 20

func TestHostiles(t *testing.T) {
	servers, err := Hostiles()
	if err != nil {
		t.Fatal(err)
	}
	if len(servers) < leastHostiles {
		t.Errorf("there are %d hostile servers, want at least %d", len(servers), leastHostiles)
	}
	for _, s := range embedded(t) {
		if s.Kind == Hostile || slices.ContainsFunc(servers, func(h Server) bool { return h.Name == s.Name }) {
			t.Errorf("%s is in the list of servers that everybody may start", s.Name)
		}
	}
}

func TestLoadHostiles(t *testing.T) {
	servers, err := loadHostiles(tree(map[string]string{
		"hostile/attempt.h": "/* Says. */\n", "hostile/bomb/reap.c": hostileReap,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(servers) != 1 {
		t.Fatalf("got %d servers, want 1: %v", len(servers), servers)
	}
	s := servers[0]
	want := Threat{ContainedBy: "a limit", From: "namespaces", Expect: ExpectJudgedOrError}
	if s.Name != "bomb" || s.Kind != Hostile || s.Why != "Forks without end." || s.Threat == nil || *s.Threat != want {
		t.Errorf("got %+v with the threat %+v, want %+v", s, s.Threat, want)
	}
	if units := []string{"main.c", "hostile/bomb/reap.c"}; !slices.Equal(s.units, units) {
		t.Errorf("it is compiled from %v, want %v", s.units, units)
	}
}

func TestLoadHostilesRefuses(t *testing.T) {
	const file = "hostile/bomb/reap.c"
	with := func(old, replacement string) string { return strings.Replace(hostileReap, old, replacement, 1) }
	for name, c := range map[string]struct {
		changes map[string]string
		want    []string
	}{
		"no attempt.h":   {map[string]string{"hostile/attempt.h": ""}, []string{"attempt.h"}},
		"stray":          {map[string]string{"hostile/notes.txt": "x"}, []string{"hostile/notes.txt", "folder"}},
		"two files":      {map[string]string{"hostile/bomb/more.c": hostileReap}, []string{"hostile/bomb", "exactly one file"}},
		"no counterpart": {map[string]string{file: "", "hostile/bomb/wait.c": hostileReap}, []string{"hostile/bomb/wait.c", "there is no ref/wait.c"}},
		"other name":     {map[string]string{file: with("bomb", "mine")}, []string{file, "mine"}},
		"unknown tier":   {map[string]string{file: with("namespaces", "jail")}, []string{file, "jail"}},
		"unknown end":    {map[string]string{file: with("judged or error", "well")}, []string{file, "well"}},
		"missing key":    {map[string]string{file: with(" * from:         namespaces\n", "")}, []string{file, `"from" is missing`}},
	} {
		t.Run(name, func(t *testing.T) {
			changes := map[string]string{"hostile/attempt.h": "/* Says. */\n", file: hostileReap}
			for path, text := range c.changes {
				changes[path] = text
			}
			_, err := loadHostiles(tree(changes))
			if err == nil {
				t.Fatal("it loads")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q: %v", part, err)
				}
			}
		})
	}
}
