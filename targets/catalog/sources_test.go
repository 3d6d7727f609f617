package catalog

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
)

// mostChanged is how many lines of code a defect may change, so that a reader sees
// it at once.
const mostChanged = 10

func TestDefectsAreSmall(t *testing.T) {
	for _, s := range embedded(t) {
		if s.Kind != Bad {
			continue
		}
		diff, err := Diff(s)
		if err != nil {
			t.Fatal(err)
		}
		if added := addedLines(diff); added > mostChanged {
			t.Errorf("%s changes %d lines, want at most %d:\n%s", s.Name, added, mostChanged, diff)
		}
	}
}

func addedLines(diff string) int {
	added := 0
	for line := range strings.Lines(diff) {
		if strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "+++") {
			added++
		}
	}
	return added
}

func TestDiff(t *testing.T) {
	servers, err := load(tree(nil))
	if err != nil {
		t.Fatal(err)
	}
	diff, err := Diff(servers[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--- ref/reap.c\n", "+++ bad/reap-once/reap.c\n", "+void reap(void) { once(); }\n"} {
		if !strings.Contains(diff, want) {
			t.Errorf("the diff lacks %q:\n%s", want, diff)
		}
	}
	if strings.Contains(diff, "Signals do not queue") {
		t.Errorf("the diff shows the header comment:\n%s", diff)
	}
	if diff, err := Diff(servers[0]); diff != "" || err != nil {
		t.Errorf("the reference differs from itself: %q, %v", diff, err)
	}
}

// TestEveryFileIsUsed checks that every file is part of a server.
func TestEveryFileIsUsed(t *testing.T) {
	hostile, err := Hostiles()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, s := range append(embedded(t), hostile...) {
		for _, file := range append(slices.Concat(s.units, s.included), s.Dialogue) {
			used[file] = true
		}
	}
	err = fs.WalkDir(hostile[0].sources, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !used[name] {
			t.Errorf("%s is part of no server", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryStepIsUsed checks that server.h declares every step of ref.
func TestEveryStepIsUsed(t *testing.T) {
	reference := embedded(t)[0]
	declared, err := fs.ReadFile(reference.sources, stepsHeader)
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range reference.units {
		step := strings.TrimSuffix(path.Base(unit), ".c")
		if unit != mainUnit && !strings.Contains(string(declared), step+"(") {
			t.Errorf("%s: %s declares no %s()", unit, stepsHeader, step)
		}
	}
}

func TestEveryFileIsReadable(t *testing.T) {
	const widest = 80
	sources := embedded(t)[0].sources
	err := fs.WalkDir(sources, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sources, name)
		if err != nil {
			return err
		}
		comment := "/* "
		if path.Ext(name) == ".yaml" {
			comment = "# "
		}
		if !strings.HasPrefix(string(text), comment) {
			t.Errorf("%s does not begin with a comment that says what it is", name)
		}
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			line = strings.TrimSuffix(line, "\n")
			if len([]rune(line)) > widest || strings.ContainsAny(line, "\t\r") || strings.HasSuffix(line, " ") {
				t.Errorf("%s:%d: wider than %d columns, a tab, or a space at the end: %q", name, number, widest, line)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
