package selftest

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/targets/catalog"
)

// goldenMatrix is what the README links.
const goldenMatrix = "MATRIX.md"

// TestMatrix judges every server that forkproof ships. Each fails what its
// header declares and nothing else; every requirement is failed by some
// server; and the table is the golden one.
func TestMatrix(t *testing.T) {
	all := judgeAll(t, servers(t), 2*runtime.NumCPU())
	for _, j := range all {
		recordVerdicts("matrix", j)
		t.Run(j.server.Name, func(t *testing.T) { holdAgainstHeader(t, j) })
	}
	t.Run("every requirement is failed by a server", func(t *testing.T) {
		for _, r := range harness.Catalogue() {
			if len(failedBy(all, r.ID)) == 0 {
				t.Errorf("%s: no faulty server fails it: add one to targets/csrc/bad", r.ID)
			}
		}
	})
	table := matrix(all)
	t.Log("\n" + table)
	if *update {
		if err := os.WriteFile(goldenMatrix, []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(goldenMatrix)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), table); diff != "" {
		t.Errorf("the matrix differs from %s (make golden writes it anew):\n%s", goldenMatrix, diff)
	}
}

// holdAgainstHeader compares a server's verdicts with what its source declares.
func holdAgainstHeader(t *testing.T, j judged) {
	declared := slices.Sorted(slices.Values(slices.Concat(j.server.Breaks, j.server.Advice)))
	if diff := cmp.Diff(declared, j.notMet(), cmpEmpty); diff != "" {
		t.Errorf("declared (-) and found (+) differ:\n%s%s", diff, details(j))
	}
	if wrong := j.having(report.Error); len(wrong) > 0 {
		t.Errorf("could not be judged: %s%s", join(wrong), details(j))
	}
	if j.server.Kind != catalog.Bad && j.result.Verdict != report.Conformant {
		t.Errorf("a correct server is %s", j.result.Verdict)
	}
}

var cmpEmpty = cmp.Transformer("empty", func(ids []string) string { return strings.Join(ids, "\n") })

func details(j judged) string {
	var b strings.Builder
	for _, r := range j.result.Requirements {
		switch r.Verdict {
		case report.Fail, report.Advice, report.Error, report.NotRun:
			fmt.Fprintf(&b, "\n%s %s\n  found: %s\n  why:   %s\n  done:  %s",
				r.ID, r.Verdict, r.Found, r.Diagnosis, strings.Join(r.Done, "; "))
		}
	}
	return b.String()
}

// few lists some requirements, and counts many.
func few(ids []string) string {
	if len(ids) > 3 {
		return fmt.Sprint(len(ids))
	}
	return join(ids)
}

func failedBy(all []judged, id string) []string {
	var names []string
	for _, j := range all {
		if j.server.Kind == catalog.Bad && slices.Contains(j.notMet(), id) {
			names = append(names, j.server.Name)
		}
	}
	return names
}

// matrix is the table of servers and verdicts, both ways round.
func matrix(all []judged) string {
	var b strings.Builder
	b.WriteString("# Which server fails what\n\n" +
		"Written by `make golden`, checked by `make test`. Every faulty server fails exactly what its header\n" +
		"declares; every requirement is failed by at least one of them; correct servers fail nothing.\n\n" +
		"## By server\n\n| server | kind | judged as | fails | advice | does not apply |\n|---|---|---|---|---|---|\n")
	for _, j := range all {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", j.server.Name, j.server.Kind, j.server.Model,
			join(j.having(report.Fail)), join(j.having(report.Advice)), few(j.having(report.NotApplicable)))
	}
	b.WriteString("\n## By requirement\n\n| requirement | level | failed by |\n|---|---|---|\n")
	for _, r := range harness.Catalogue() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.ID, r.Level, join(failedBy(all, r.ID)))
	}
	return b.String()
}
