package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with a file under testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (go test ./report -update writes it) (-want +got):\n%s", path, diff)
	}
}

// tell runs a result through a Text as a run does.
func tell(t *testing.T, r Result, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	text := NewText(&b, o)
	text.Begin(r.Tool, r.Target, r.Environment, len(r.Requirements))
	for _, q := range r.Requirements {
		if q.Verdict != NotRun {
			text.RequirementStarted(q.ID, q.Title)
			text.RequirementDone(q)
		}
	}
	if err := text.End(r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGoldenText(t *testing.T) {
	for name, o := range map[string]Options{
		"plain":   {},
		"color":   {Style: Style{Color: true}},
		"quiet":   {Quiet: true},
		"verbose": {Verbose: true},
		"ascii":   {Style: Style{ASCII: true}},
		"narrow":  {Style: Style{Width: 60}},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, "text-"+name+".golden", tell(t, fixture(), o))
		})
	}
}

func TestGoldenFiles(t *testing.T) {
	for name, write := range map[string]func(*bytes.Buffer) error{
		"result.json.golden": func(b *bytes.Buffer) error { return WriteJSON(b, fixture()) },
		"explain.golden":     func(b *bytes.Buffer) error { return WriteEntry(b, entries()[0], Style{}) },
		"list.golden":        func(b *bytes.Buffer) error { return WriteList(b, entries(), Style{}) },
		"targets.golden":     func(b *bytes.Buffer) error { return WriteTargets(b, builtIns(), Style{}) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
		})
	}
}

func entries() []Entry {
	return []Entry{
		{ID: "reaping/five-at-once", Level: Must, Title: "leaves no zombie after five children that end at the same moment",
			Rule: "signals of one kind do not queue: one SIGCHLD may stand for any number of children, so the handler waits until there is none left",
			Why:  "a handler that calls wait once leaves four of five children behind", Source: "UNP 3rd ed. §5.10",
			Provoked: "five clients leave while the parent is stopped with SIGSTOP", Hint: "loop over waitpid with WNOHANG",
			Applies: "every server that has child processes"},
		{ID: "reaping/promptly", Level: Should, Title: "needs no further client to reap"},
		{ID: "signals/storm", Level: Should, Title: "is not harmed by 1,000 SIGCHLD"},
	}
}

func builtIns() []BuiltIn {
	return []BuiltIn{
		{Name: "ref", Kind: "reference", Why: "the correct server"},
		{Name: "double-fork", Kind: "good", Why: "the worker is a grandchild: there is nobody to reap"},
		{Name: "reap-once", Kind: "bad", Breaks: []string{"reaping/five-at-once", "reaping/many-at-once"}, Why: "one wait per SIGCHLD"},
	}
}
