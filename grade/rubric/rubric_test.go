package rubric

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/report"
)

var update = flag.Bool("update", false, "write the golden files")

// words are a catalogue of a few requirements, one of which applies to threads alone.
func words() Vocabulary {
	v := Vocabulary{
		Models: []string{"forking", "threads", "any"}, Protocols: []string{"echo", "silent"}, Replies: []string{"any", "same"},
		Applies: func(id, model, _ string) bool { return id != "faults/thread-eagain" || model == "threads" },
		HasFlag: func(string) bool { return true },
	}
	for _, q := range []struct {
		id    string
		level report.Level
	}{
		{"launch/listens", report.Must}, {"echo/exact", report.Must}, {"echo/binary", report.Must}, {"descriptors/no-growth", report.Must},
		{"reaping/one", report.Must}, {"reaping/five-at-once", report.Must}, {"reaping/promptly", report.Should},
		{"signals/storm", report.Should}, {"faults/thread-eagain", report.Should},
	} {
		v.Requirements = append(v.Requirements, Requirement{ID: q.id, Level: q.level, Title: q.id})
	}
	return v
}

func parsed(t *testing.T, text string) *Rubric {
	t.Helper()
	r, err := Parse("r.yaml", []byte("rubric: v1\ncommand: ./server {port}\n"+text), words())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every mistake is told with its place.
func TestGoldenMistakes(t *testing.T) {
	data, err := os.ReadFile("testdata/wrong.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse("wrong.yaml", data, words())
	var mistakes Mistakes
	if !errors.As(err, &mistakes) {
		t.Fatal(err)
	}
	golden(t, "wrong.golden", err.Error()+"\n\n"+mistakes.Short()+"\n")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// What is no rubric at all gets one mistake.
func TestNoRubric(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "r.yaml:1:1: the file is empty",
		"# nothing\n":             "r.yaml:1:1: the file is empty",
		"points: [a":              "r.yaml:1:9: this is not YAML",
		"a: 1\n\tb: 2\n":          "this is not YAML",
		"- a\n- b\n":              "r.yaml:1:1: a rubric is written as keys with values",
		"rubric: v1\n":            "the key command is missing",
		"a: 1\n---\nb: 2\n":       "one file has one rubric",
		"rubric: v1\npoints: 5\n": "points is written as keys with values",
		"rubric: v1\n? [a]\n: b":  "this is not YAML",
		"{}":                      "the file is empty",
	} {
		_, err := Parse("r.yaml", []byte(text), words())
		var mistakes Mistakes
		if !errors.As(err, &mistakes) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := Read("/nowhere.yaml", words()); err == nil || !strings.Contains(err.Error(), "forkproof rubric init writes one") {
		t.Error(err)
	}
}

// A requirement belongs to the most specific item that names it.
func TestCovers(t *testing.T) {
	r := parsed(t, "points: {SHOULD: 5, reaping: 10, reaping/one: 3}\nextra: {echo: 2.5}\n")
	got := map[string]string{}
	for _, i := range r.Items {
		got[i.Name] = strings.Join(i.Covers, " ")
	}
	want := map[string]string{
		"SHOULD": "signals/storm", "reaping": "reaping/five-at-once reaping/promptly", "reaping/one": "reaping/one", "echo": "echo/exact echo/binary",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if possible := r.Possible().FloatString(2); possible != "18.00" {
		t.Errorf("possible are %s", possible)
	}
	if slices.Contains(r.Selected, "launch/listens") || !slices.Contains(r.Selected, "echo/binary") {
		t.Errorf("judged are %q", r.Selected)
	}
}

// The seed and the hash follow from how submissions are judged, not from the points.
func TestSeed(t *testing.T) {
	a, b := parsed(t, "points: {echo: 1}\n"), parsed(t, "points: {echo: 2}\ntitle: another\n")
	c, d := parsed(t, "points: {echo: 1}\nrepeat: 2\n"), parsed(t, "points: {echo: 1}\nseed: 7\n")
	if a.Seed == 0 || a.Seed != b.Seed || a.JudgingSHA256() != b.JudgingSHA256() || a.SHA256 == b.SHA256 {
		t.Errorf("%d and %d", a.Seed, b.Seed)
	}
	if a.Seed == c.Seed || a.JudgingSHA256() == c.JudgingSHA256() || d.Seed != 7 || a.JudgingSHA256() == d.JudgingSHA256() {
		t.Errorf("%d, %d and %d", a.Seed, c.Seed, d.Seed)
	}
}

// Files that every submission gets are read, and count for the hash.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "Makefile"), []byte("all:\n"), 0o644), os.WriteFile(filepath.Join(dir, "x.h"), []byte("x"), 0o755)); err != nil {
		t.Fatal(err)
	}
	read := func() *Rubric {
		text := "rubric: v1\ncommand: [./server, '{port}']\nbuild: make -s\nfiles: {Makefile: Makefile, inc/x.h: x.h}\npoints: {echo: 1}\n"
		r, err := Parse(filepath.Join(dir, "r.yaml"), []byte(text), words())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := read()
	if len(r.Files) != 2 || r.Files[1].Name != "inc/x.h" || !r.Files[1].Executable || string(r.Files[0].Data) != "all:\n" {
		t.Errorf("%+v", r.Files)
	}
	if !slices.Equal(r.Build, []string{"/bin/sh", "-c", "make -s"}) || !slices.Equal(r.Command, []string{"./server", "{port}"}) {
		t.Errorf("%q %q", r.Build, r.Command)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.h"), []byte("y"), 0o755); err != nil {
		t.Fatal(err)
	}
	if read().JudgingSHA256() == r.JudgingSHA256() {
		t.Error("another file has the same hash")
	}
	stored, err := ParseStored("/nowhere/rubric.yaml", r.Source, words())
	if err != nil || len(stored.Items) != 1 {
		t.Errorf("%v: files that are elsewhere are not read", err)
	}
}

func TestFlags(t *testing.T) {
	r := parsed(t, `
model: any
protocol: echo
reply: same
send: ["A\n", B]
greeting: any
strict: true
inetd: true
seed: 3
env: X=1
limits: {time: 90s, start: 5s, memory: 64M, disk: 2M}
points: {echo/exact: 1}
`)
	var got []string
	for _, f := range r.Flags() {
		got = append(got, f.Name+"="+f.Value)
	}
	want := []string{
		"seed=3", "model=any", "protocol=echo", "reply=same", "greeting=any", "inetd=true", "strict=true", "time-limit=1m30s", "start-limit=5s",
		"memory=65536K", "disk=2048K", `send=A` + "\n", "send=B", "env=X=1", "only=echo/exact",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A dialogue file is the protocol.
func TestDialogue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "talk.yaml")
	if err := os.WriteFile(path, []byte("dialogue: v1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := parsed(t, "dialogue: "+path+"\npoints: {echo/exact: 1}\n")
	if flags := r.Flags(); r.Protocol != "dialogue" || flags[2] != (Flag{"dialogue", path}) || r.DialogueSHA256 == "" {
		t.Errorf("%s, %q", r.Protocol, flags)
	}
	_, err := Parse("r.yaml", []byte("rubric: v1\ncommand: ./s\nprotocol: echo\ndialogue: "+path+"\npoints: {echo: 1}\n"), words())
	if err == nil || !strings.Contains(err.Error(), "r.yaml:3:11: a dialogue file is a protocol of its own") {
		t.Error(err)
	}
}

func TestShown(t *testing.T) {
	r := parsed(t, "points: {echo: 1}\nshow: {all: hints, reaping: names, reaping/one: nothing}\n")
	for id, want := range map[string]Shown{"echo/exact": Hints, "reaping/promptly": Names, "reaping/one": Nothing} {
		if got := r.ShownFor(id); got != want {
			t.Errorf("%s is shown as %s, want %s", id, got, want)
		}
	}
	if parsed(t, "points: {echo: 1}\n").ShownFor("x/y") != Evidence {
		t.Error("without the key, not all is shown")
	}
}

// FuzzParse: no file makes the reader panic.
func FuzzParse(f *testing.F) {
	data, err := os.ReadFile("testdata/wrong.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(Example))
	f.Add([]byte("rubric: *a\npoints: {<<: {a: b}}\n? {a: b}\n: c\n"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = Parse("r.yaml", data, words()) })
}
