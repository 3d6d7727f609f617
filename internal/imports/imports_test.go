// Package imports holds the rules of which package may know which, as a test.
package imports

import (
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/forkproof/forkproof/"

// rooms are the top folders from the ground up. A package imports from its own room
// and from those below: no arrow runs back up.
var rooms = []string{"internal", "clients", "report", "observe", "targets", "diagnose", "faults", "suite", "grade", "cmd"}

// A rule says which packages of ours a package may import, and why no others.
type rule struct {
	may []string
	why string
}

// rules hold for the code that ships, not for tests. A package without a rule is an
// error: decide where it stands, and say why.
var rules = map[string]rule{
	"internal/proc": {nil,
		"it parses text of /proc and knows no process of ours"},
	"internal/poll": {nil,
		"it waits, and knows not for what"},
	"internal/crash": {nil,
		"any goroutine may panic"},
	"internal/nearest": {nil,
		"it compares words"},
	"internal/judge": {[]string{"report"},
		"it runs forkproof as any other program would, and reads the result file"},
	"internal/testaccount": {[]string{"targets/sandbox"},
		"it runs tests at every isolation"},
	"clients": {[]string{"internal/crash", "clients/protocol"},
		"a client is what any program on the network is: it knows an address and what to say"},
	"clients/protocol/response": {nil,
		"a response is a stream of bytes: the reader knows no connection and no server"},
	"clients/protocol": {[]string{"clients/protocol/response"},
		"what is said is independent of the connection that carries it, and of the server"},
	"clients/protocol/dialogue": {[]string{"clients/protocol", "internal/nearest"},
		"a file that a person wrote is read and judged by without a server"},
	"report": {[]string{"internal/crash"},
		"a renderer works on a result whatever made it"},
	"report/picture": {[]string{"report"},
		"a picture is made from the evidence alone"},
	"report/life/page": {[]string{"report", "report/life", "report/picture"},
		"the page is a renderer as any other"},
	"report/life": {[]string{"report"},
		"a life is told from its steps alone, whoever recorded them"},
	"report/html": {[]string{"report", "report/picture"},
		"the page is a renderer as any other"},
	"report/formats": {[]string{"report", "report/html"},
		"the table knows every renderer, and no renderer knows the table"},
	"report/reporttest": {[]string{"report"},
		"it makes results for tests"},
	"observe": {[]string{"internal/crash", "internal/proc"},
		"an observer reads, and starts, disturbs and judges nothing"},
	"observe/observetest": {[]string{"observe", "observe/rest", "internal/proc"},
		"it makes pictures for tests"},
	"observe/proctree": {[]string{"internal/proc"},
		"which process descends from which is a matter of the kernel alone"},
	"observe/rest": {[]string{"observe", "internal/proc"},
		"whether anything can still change follows from pictures alone"},
	"observe/stack": {[]string{"internal/crash", "observe", "internal/proc", "internal/poll"},
		"it copies raw bytes: what a server wrote into its program is read elsewhere"},
	"observe/stack/unwind": {[]string{"observe/stack"},
		"it reads hostile files, and can do nothing else"},
	"observe/stack/symbols": {[]string{"observe/stack", "observe/stack/unwind"},
		"it starts the process that reads hostile files, and knows no server"},
	"targets/sandbox": {[]string{"internal/crash", "targets/sandbox/wire", "targets/sandbox/inside", "internal/proc", "observe/proctree"},
		"isolation depends on nothing that it isolates"},
	"targets/sandbox/inside": {[]string{"targets/sandbox/wire", "internal/proc", "observe/proctree"},
		"what runs beside a hostile server is as little as possible"},
	"targets/sandbox/wire": {nil,
		"both sides of the wall share the messages and nothing else"},
	"targets": {[]string{"internal/crash", "targets/sandbox", "observe", "observe/proctree", "observe/rest", "internal/proc", "internal/poll"},
		"to start a server is independent of how it is judged"},
	"targets/catalog": {[]string{"internal/crash", "internal/nearest", "targets", "targets/sandbox"},
		"the list of built-in servers is independent of how they are judged"},
	"diagnose": {[]string{"report", "targets/catalog"},
		"a cause follows from a result alone, whatever made it"},
	"faults/internal/procfile": {[]string{"internal/proc"},
		"it reads the files of one process"},
	"faults/internal/testproc": {[]string{"faults/process", "faults/internal/procfile", "internal/proc", "internal/poll"},
		"it starts processes for tests"},
	"faults/internal/value": {[]string{"internal/nearest"},
		"it reads words"},
	"faults/process": {[]string{"faults/internal/procfile", "internal/proc", "internal/poll"},
		"what acts on one process knows no server"},
	"faults/trace": {[]string{"internal/crash", "faults/process", "faults/internal/procfile", "internal/proc", "internal/poll"},
		"the tracer knows system calls and processes, not servers"},
	"faults": {[]string{"faults/trace", "faults/process", "faults/internal/procfile", "faults/internal/value", "internal/proc", "internal/poll"},
		"a fault is done to processes, whatever they are for"},
	"faults/schedule": {[]string{"internal/crash", "faults", "faults/trace", "faults/process", "faults/internal/value", "observe", "observe/stack", "observe/stack/symbols", "targets", "report", "internal/proc", "internal/poll"},
		"rules are applied to a server that a person uses: no verdict comes of it"},
	"faults/life": {[]string{"faults/process", "faults/trace", "observe", "observe/stack", "observe/stack/symbols", "observe/stack/unwind", "report", "report/life", "targets", "internal/proc"},
		"the recorder sees a server and changes nothing of it: what clients do, it is told"},
	"suite/match": {[]string{"observe", "observe/rest", "clients", "internal/proc"},
		"a matcher sees a snapshot and can do nothing to the server"},
	"suite/model": {[]string{"observe", "suite/match"},
		"which design a server has follows from a snapshot alone"},
	"suite/denial": {[]string{"targets", "targets/sandbox", "observe", "faults/trace", "faults/process"},
		"what the sandbox denies to a server is seen from its system calls, whatever it is judged by"},
	"suite/evidence": {[]string{"clients/protocol", "observe", "observe/stack", "observe/stack/symbols", "suite/match", "report"},
		"what a finding was made from is written down when the verdict stands, whatever it is"},
	"suite/progress": {[]string{"observe", "suite/match"},
		"what counts as progress is told from two snapshots alone"},
	"suite/turns": {[]string{"observe", "observe/rest"},
		"turns see from looks that a server sleeps"},
	"suite/deadline": {[]string{"internal/crash"},
		"time passes whatever is judged"},
	"suite/harness": {[]string{"suite/deadline", "suite/turns", "internal/crash", "internal/nearest", "targets", "targets/sandbox", "clients", "clients/protocol", "clients/protocol/dialogue", "faults", "faults/trace", "faults/process", "observe", "observe/rest", "internal/proc", "internal/poll", "suite/match", "suite/model", "suite/progress", "suite/denial", "suite/evidence", "report"},
		"the verbs know the server under test, and no requirement"},
	"suite": {[]string{"suite/harness", "suite/match", "faults", "faults/trace", "clients", "clients/protocol", "clients/protocol/dialogue", "clients/protocol/response", "observe", "targets", "report"},
		"a spec is written in the verbs of the harness"},
	"suite/run": {[]string{"suite/harness", "report"},
		"the binding to Ginkgo knows requirements by their IDs alone"},
	"suite/lesson": {[]string{"clients/protocol", "report", "suite/harness", "suite/match"},
		"what a server says is learnt by the same verbs as it is judged by"},
	"suite/record": {[]string{"internal/crash", "clients/protocol", "clients/protocol/dialogue", "suite/harness", "suite/lesson"},
		"what a person and a server say is noted between them, and said again by the verbs of the harness"},
	"suite/look": {[]string{"diagnose", "observe", "observe/rest", "report", "suite/evidence", "suite/harness", "suite/match", "internal/poll"},
		"what a running server shows is judged from pictures alone: nothing here can start or disturb one"},
	"suite/scenario": {[]string{"faults/life", "report", "report/life", "suite/harness", "suite/match"},
		"the clients of a trace use the verbs of the specs, and each requirement is provoked as by check"},
	"suite/chaos": {[]string{"suite/harness", "suite/match", "faults", "faults/trace", "observe", "report"},
		"a random sequence is made of the same verbs as the specs"},
	"grade/rubric": {[]string{"internal/nearest", "report"},
		"a rubric names requirements by their IDs alone, whatever judges them"},
	"grade/score": {[]string{"grade/rubric", "report"},
		"points follow from a result and a rubric alone: no server is run for them"},
	"grade/intake": {[]string{"report"},
		"what a submission is made of is independent of how it is judged"},
	"grade/store": {[]string{"report", "report/formats"},
		"results are kept the same way, whatever points they earn"},
	"grade/book": {[]string{"internal/crash", "grade/rubric", "grade/score", "grade/store", "report", "report/html"},
		"grades are written from stored results, and nothing is judged for them"},
	"grade": {[]string{"internal/crash", "internal/judge", "grade/book", "grade/intake", "grade/rubric", "grade/score", "grade/store", "report", "targets"},
		"a class is judged by forkproof check as any program could run it"},
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, line := range goList(t, "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"...") {
		words := strings.Fields(line)
		name := strings.TrimPrefix(words[0], module)
		if strings.HasPrefix(name, "cmd/") || strings.HasPrefix(name, "internal/bench") || strings.Contains(name, "testdata") {
			continue // commands are thin, and may know all
		}
		var ours []string
		for _, path := range words[1:] {
			if own, found := strings.CutPrefix(path, module); found {
				ours = append(ours, own)
			}
		}
		seen[name] = true
		r, known := rules[name]
		if !known && len(ours) > 0 {
			t.Errorf("%s has no rule: say in rules what it may import, and why", name)
			continue
		}
		for _, path := range ours {
			if !slices.Contains(r.may, path) {
				t.Errorf("%s imports %s: %s", name, path, r.why)
			}
			if room(path) > room(name) && !strings.HasPrefix(path, "internal/") && !strings.HasPrefix(name, "internal/") {
				t.Errorf("%s imports %s, which stands above it", name, path)
			}
		}
	}
	for name := range rules {
		if !seen[name] {
			t.Errorf("the rule for %s holds for no package", name)
		}
	}
}

func room(name string) int {
	top, _, _ := strings.Cut(name, "/")
	return slices.Index(rooms, top)
}

// Ginkgo and Gomega are the suite's: what it is built on works without a test framework.
func TestGinkgoBelongsToSuite(t *testing.T) {
	for _, line := range goList(t, "-f", "{{.ImportPath}} {{join .Deps \" \"}}", module+"...") {
		words := strings.Fields(line)
		name := strings.TrimPrefix(words[0], module)
		if top, _, _ := strings.Cut(name, "/"); top == "suite" || top == "cmd" {
			continue
		}
		for _, path := range words[1:] {
			if strings.HasPrefix(path, "github.com/onsi/") {
				t.Errorf("%s depends on %s", name, path)
			}
		}
	}
}

func TestNoCgo(t *testing.T) {
	for _, name := range goList(t, "-deps", "-f", "{{if .CgoFiles}}{{.ImportPath}}{{end}}", module+"cmd/forkproof") {
		if strings.Contains(name, ".") {
			t.Errorf("%s uses cgo: forkproof is one static binary", name)
		}
	}
}

// TestFoldersAreSmall holds that a folder has one subject. The sandbox is apart: it
// holds the code of both sides of a wall.
func TestFoldersAreSmall(t *testing.T) {
	const most = 20
	for _, line := range goList(t, "-f", "{{.ImportPath}} {{len .GoFiles}}", module+"...") {
		name, n, _ := strings.Cut(strings.TrimPrefix(line, module), " ")
		files, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		if files > most && !strings.HasPrefix(name, "targets/sandbox") {
			t.Errorf("%s has %d files, more than %d: give each subject a folder", name, files, most)
		}
	}
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v", strings.Join(args, " "), err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
