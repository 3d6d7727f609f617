package selftest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
)

// mostLines is how long a report may be at 80 columns.
const mostLines = 60

// students are the servers in testdata/students, with what the report has to say of each
// before anything else.
var students = []struct {
	file, cause string
	says        string // in the first lines
}{
	{"first-try.c", "parent-keeps-connection", "close(connfd) in the parent, right after fork"},
	{"waits-each.c", "waits-for-child", "is blocked in wait4"},
	{"printf.c", "answer-stays-inside", "Not one byte comes back"},
	{"strcpy.c", "echo-strlen", "as a C string"},
	{"forks-first.c", "forks-before-accept", "Parent and child both accept"},
	{"greeting.c", "greets", `it sends "Hello, this is my server`},
	{"port-in-source.c", "port-of-its-own", "listens on port 9123"},
	{"crashes-at-second.c", "killed-by-a-signal", "killed by SIGSEGV"},
	{"schedule.c", "does-not-echo", `it answers "Timetable of hello`},
	{"no-htons.c", "port-bytes-swapped", "with its two bytes swapped"},
	{"prefix.c", "adds-to-the-answer", `"You wrote: " before each answer`},
	{"loops-at-end.c", "spins-at-end-of-file", "does not stop at the end of file"},
	{"no-listen.c", "never-listens", "never calls listen"},
	{"no-loop.c", "serves-once", "ends after its first client"},
	{"closes-global.c", "closes-what-is-in-use", "see what the SIGCHLD handler closes"},
	{"first-try.py", "parent-keeps-connection", "conn.close() in the parent"},
	{"multiprocess.py", "closes-late", "conn.close() in the parent right after os.fork()"},
	{"decodes.py", "decodes-bytes", "without .decode()"},
}

// quickStudents are those that every run of the tests judges; "make students" judges all.
var quickStudents = []string{"waits-each.c", "printf.c", "port-in-source.c", "no-htons.c", "no-listen.c", "no-loop.c", "crashes-at-second.c", "schedule.c"}

// TestStudents judges servers as students write them: the report names the mistake first,
// and is no longer than a screen or two.
func TestStudents(t *testing.T) {
	if testing.Short() {
		t.Skip("judges servers by the whole catalogue")
	}
	g, err := newGrader()
	if err != nil {
		t.Fatal(err)
	}
	tokens := make(chan struct{}, runtime.NumCPU())
	for _, s := range students {
		if os.Getenv("FORKPROOF_TEST_STUDENTS") == "" && !strings.Contains(strings.Join(quickStudents, " "), s.file) {
			continue
		}
		t.Run(s.file, func(t *testing.T) {
			t.Parallel()
			tokens <- struct{}{}
			defer func() { <-tokens }()
			o, err := g.check(nil, append(studentServer(t, s.file), "{port}")...).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(o.Result.Causes) == 0 || o.Result.Causes[0].ID != s.cause {
				t.Errorf("causes %v, want %s first", causeIDs(o.Result), s.cause)
			}
			if slices.Contains(otherSpeech, s.file) {
				judgedAllTheSame(t, o.Result)
			}
			text := reportOf(t, o.Result)
			if n := strings.Count(text, "\n"); n > mostLines {
				t.Errorf("the report has %d lines, more than %d", n, mostLines)
			}
			_, start, _ := strings.Cut(text, "Start here")
			start, _, _ = strings.Cut(start, "  2. ")
			if !strings.Contains(strings.Join(strings.Fields(start), " "), s.says) {
				t.Errorf("the first cause does not say %q:%s", s.says, start)
			}
			t.Logf("%v, %v of processor time", o.Took, o.ProcessorTime)
		})
	}
}

// otherSpeech are those that do not echo, and whose processes and descriptors are in order.
var otherSpeech = []string{"greeting.c", "schedule.c", "prefix.c"}

// judgedAllTheSame holds that what is no matter of echo was judged, and met.
func judgedAllTheSame(t *testing.T, r report.Result) {
	t.Helper()
	for _, q := range r.Requirements {
		switch chapter, _, _ := strings.Cut(q.ID, "/"); chapter {
		case "concurrency", "descriptors", "reaping", "termination":
			if q.Verdict != report.Pass && q.Verdict != report.NotApplicable {
				t.Errorf("%s: %s (%s)", q.ID, q.Verdict, q.Found)
			}
		}
	}
}

// studentServer returns the command of a server, which it compiles if need be.
func studentServer(t *testing.T, file string) []string {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("testdata", "students", file))
	if err != nil {
		t.Fatal(err)
	}
	name, args := "python3", []string{source}
	if strings.HasSuffix(file, ".c") {
		name, args = "cc", []string{"-g", "-O1", "-Wall", "-Wextra", "-Werror", "-o", filepath.Join(t.TempDir(), "server"), source}
	}
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
	if name == "python3" {
		return []string{name, source}
	}
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return args[6:7]
}

// reportOf returns what a person reads of a result, at 80 columns.
func reportOf(t *testing.T, r report.Result) string {
	t.Helper()
	var b bytes.Buffer
	text := report.NewText(&b, report.Options{Style: report.Style{Width: 80}})
	text.Begin(r.Tool, r.Target, r.Environment, len(r.Requirements))
	if err := text.End(r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
