package grade

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/grade/book"
	"github.com/forkproof/forkproof/grade/intake"
	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/grade/store"
	"github.com/forkproof/forkproof/report"
)

// standInVariable makes this program stand in for forkproof check; it names a folder in
// which the stand-in counts how often each submission was judged.
const standInVariable = "FORKPROOF_TEST_GRADE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(standInVariable); dir != "" && len(os.Args) > 1 && os.Args[1] == "check" {
		os.Exit(standIn(dir))
	}
	os.Exit(m.Run())
}

// standIn judges the submission in the working directory as its file mode says: a word
// for each time. The last word stands for all further times.
func standIn(dir string) int {
	mode, err := os.ReadFile("mode")
	if err != nil {
		panic(err)
	}
	words := strings.Fields(string(mode))
	log := filepath.Join(dir, words[0])
	before, _ := os.ReadFile(log)
	n := strings.Count(string(before), "\n")
	flags := strings.Join(slices.DeleteFunc(slices.Clone(os.Args[2:]), func(a string) bool { return !strings.HasPrefix(a, "--only") && !strings.HasPrefix(a, "--seed") }), " ")
	if err := os.WriteFile(log, append(before, []byte(flags+"\n")...), 0o644); err != nil {
		panic(err)
	}
	words = words[1:]
	switch word := words[min(n, len(words)-1)]; word {
	case "crash":
		fmt.Fprintln(os.Stderr, "forkproof: it failed")
		return 3
	case "usage":
		fmt.Fprintln(os.Stderr, "forkproof: no such file \"./server\"")
		return 2
	default: // the verdict of echo/b
		r := report.Result{Schema: report.Schema, Target: report.Target{Command: []string{"./server"}, Model: "forking", Protocol: "echo"}}
		for _, id := range []string{"echo/a", "echo/b"} {
			q := report.Requirement{ID: id, Level: report.Must, Verdict: report.Pass}
			if id == "echo/b" {
				q.Verdict = report.Verdict(word)
			}
			r.Requirements = append(r.Requirements, q)
		}
		r.Summarise()
		if err := report.WriteJSON(os.Stdout, r); err != nil {
			panic(err)
		}
		return r.ExitCode()
	}
}

// A lesson is a batch of one submission for each mode.
type lesson struct {
	t      *testing.T
	counts string // folder of the stand-in
	dir    string
	folder *store.Folder
	rubric *rubric.Rubric
}

func newLesson(t *testing.T, more string, modes map[string]string) lesson {
	t.Helper()
	words := rubric.Vocabulary{
		Models: []string{"forking"}, Protocols: []string{"echo"},
		Applies: func(string, string, string) bool { return true }, HasFlag: func(string) bool { return true },
		Requirements: []rubric.Requirement{{ID: "echo/a", Level: report.Must}, {ID: "echo/b", Level: report.Must}},
	}
	r, err := rubric.Parse("r.yaml", []byte("rubric: v1\nseed: 7\ncommand: ./server {port}\npoints: {echo: 4}\n"+more), words)
	if err != nil {
		t.Fatal(err)
	}
	l := lesson{t: t, counts: t.TempDir(), dir: t.TempDir(), rubric: r}
	for name, mode := range modes {
		err := errors.Join(os.Mkdir(filepath.Join(l.dir, name), 0o755), os.WriteFile(filepath.Join(l.dir, name, "mode"), []byte(name+" "+mode), 0o644))
		if err != nil {
			t.Fatal(err)
		}
	}
	if l.folder, err = store.Create(filepath.Join(t.TempDir(), "results")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(standInVariable, l.counts)
	return l
}

// addTo adds a file to a submission.
func (l lesson) addTo(name, file, text string) {
	l.t.Helper()
	if err := os.WriteFile(filepath.Join(l.dir, name, file), []byte(text), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

// run runs the batch and returns its error, and status and grade of each submission.
func (l lesson) run() (map[string]string, error) {
	l.t.Helper()
	list, _, err := intake.Find([]string{l.dir})
	if err != nil {
		l.t.Fatal(err)
	}
	b := Batch{Rubric: l.rubric, Submissions: list, Shard: Whole(), Folder: l.folder, Forkproof: "/proc/self/exe", Version: "test", Jobs: 2}
	failure := b.Run(l.t.Context())
	rows, err := book.Write(l.folder, l.rubric)
	if err != nil {
		l.t.Fatal(err)
	}
	data, err := book.Gradebook(rows, l.rubric)
	if err != nil {
		l.t.Fatal(err)
	}
	cells, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		l.t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range cells[1:] {
		got[c[0]] = strings.TrimSpace(strings.Join(c[1:4], " ")) + "; " + c[5]
	}
	return got, failure
}

// judged returns the flags of each check of a submission.
func (l lesson) judged(name string) []string {
	data, _ := os.ReadFile(filepath.Join(l.counts, name))
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

func (l lesson) want(got map[string]string, want map[string]string) {
	l.t.Helper()
	for name, text := range want {
		if got[name] != text {
			l.t.Errorf("%s: %q, want %q", name, got[name], text)
		}
	}
}

// What could not be judged is tried once more, alone, and then held.
func TestTriedAgain(t *testing.T) {
	l := newLesson(t, "", map[string]string{
		"mended": "error pass", "failing": "error fail", "hopeless": "error error", "lost": "error crash", "crashed": "crash pass", "usage": "usage",
	})
	got, err := l.run()
	if err != nil {
		t.Fatal(err)
	}
	l.want(got, map[string]string{
		"mended": "graded judged 4; ", "failing": "graded judged 2; ", "hopeless": "held judged; echo/b could not be judged",
		"lost": "held judged; echo/b could not be judged", "crashed": "graded judged 4; ", "usage": `graded not-started 0; no such file "./server"`,
	})
	for name, want := range map[string][]string{
		"mended": {"--seed=7", "--seed=7 --only=echo/b"}, "crashed": {"--seed=7", "--seed=7"}, "usage": {"--seed=7"},
	} {
		if flags := l.judged(name); !slices.Equal(flags, want) {
			t.Errorf("%s was judged with %q, want %q", name, flags, want)
		}
	}
	// A second run has nothing to do.
	if again, err := l.run(); err != nil || len(l.judged("hopeless")) != 2 || fmt.Sprint(again) != fmt.Sprint(got) {
		t.Errorf("%v %v %v", err, l.judged("hopeless"), again)
	}
}

// Without any result it is the machine's failure, and the next run tries again.
func TestMachineFails(t *testing.T) {
	l := newLesson(t, "", map[string]string{"bad": "crash crash pass", "good": "pass"})
	got, err := l.run()
	if err == nil || !strings.Contains(err.Error(), `the submission "bad" could not be judged: forkproof check ended with exit status 3 and no result: it failed`) {
		t.Error(err)
	}
	l.want(got, map[string]string{"bad": "held not-judged; forkproof could not judge it", "good": "graded judged 4; "})
	if got, err = l.run(); err != nil || len(l.judged("good")) != 1 {
		t.Errorf("%v %v", err, l.judged("good"))
	}
	l.want(got, map[string]string{"bad": "graded judged 4; "})
}

// Of several repetitions the worst verdict counts, each with a seed of its own.
func TestRepetitions(t *testing.T) {
	l := newLesson(t, "repeat: 3\n", map[string]string{"flaky": "pass fail pass", "good": "pass"})
	got, err := l.run()
	if err != nil {
		t.Fatal(err)
	}
	l.want(got, map[string]string{"flaky": "graded judged 2; ", "good": "graded judged 4; "})
	if flags := l.judged("flaky"); !slices.Equal(flags, []string{"--seed=7", "--seed=8", "--seed=9"}) {
		t.Errorf("%q", flags)
	}
}

// A folder of another rubric, version or shard is refused, unless all is judged anew.
func TestMismatch(t *testing.T) {
	l := newLesson(t, "", map[string]string{"a": "pass"})
	if _, err := l.run(); err != nil {
		t.Fatal(err)
	}
	other := newLesson(t, "repeat: 2\n", map[string]string{"a": "pass"})
	other.folder = l.folder
	_, err := other.run()
	var mismatch *MismatchError
	if !errors.As(err, &mismatch) || len(l.judged("a")) != 1 {
		t.Error(err)
	}
}
