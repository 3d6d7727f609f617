package selftest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/forkproof/forkproof/report"
)

var verdictsFile = flag.String("verdicts", "", "write the verdicts of every judged server to this file, a line each")

// verdicts collects a line for each judged server. Two states of forkproof are
// compared by the files that TestMatrix, TestTiers and TestRealServers write.
var verdicts struct {
	sync.Mutex
	lines []string
}

// recordVerdicts adds the verdicts of a server, as judged by the named test, to
// the file that -verdicts names.
func recordVerdicts(test string, j judged) {
	verdicts.Lock()
	defer verdicts.Unlock()
	verdicts.lines = append(verdicts.lines, verdictLine(test, j))
}

// verdictLine names everything but the passes.
func verdictLine(test string, j judged) string {
	line := fmt.Sprintf("%s: %s (%s): %s", test, j.server.Name, j.server.Model, j.result.Verdict)
	for _, v := range []report.Verdict{report.Fail, report.Advice, report.Error, report.NotRun, report.NotApplicable} {
		if ids := j.having(v); len(ids) > 0 {
			line += fmt.Sprintf("; %s: %s", v, strings.Join(ids, " "))
		}
	}
	return line
}

// writeVerdicts writes the collected lines, sorted.
func writeVerdicts() error {
	if *verdictsFile == "" {
		return nil
	}
	slices.Sort(verdicts.lines)
	if err := os.MkdirAll(filepath.Dir(*verdictsFile), 0o755); err != nil {
		return err
	}
	return os.WriteFile(*verdictsFile, []byte(strings.Join(verdicts.lines, "\n")+"\n"), 0o644)
}

func TestVerdictLine(t *testing.T) {
	j := judged{}
	j.server.Name, j.server.Model, j.result.Verdict = "reap-once", "forking", report.Nonconformant
	j.result.Requirements = []report.Requirement{
		{ID: "reaping/many-at-once", Verdict: report.Fail},
		{ID: "echo/exact", Verdict: report.Pass},
		{ID: "reaping/five-at-once", Verdict: report.Fail},
		{ID: "faults/accept-eintr", Verdict: report.NotApplicable},
	}
	want := "matrix: reap-once (forking): nonconformant; fail: reaping/five-at-once reaping/many-at-once; n/a: faults/accept-eintr"
	if got := verdictLine("matrix", j); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
