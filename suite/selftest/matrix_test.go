package selftest

import (
	"flag"
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

// goldenMatrix is the table that the README links.
const goldenMatrix = "MATRIX.md"

var whole = flag.Bool("whole", false, "let TestMatrix judge every server by the whole catalogue")

var only = flag.String("only", "", "let TestMatrix judge only this requirement or chapter")

// TestMatrix judges every server that forkproof ships. Each fails what its header
// declares and nothing else; every requirement is failed by some server; and the
// table is the golden one. With -only it does the same for one requirement or
// chapter, and compares no table.
func TestMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("judges every built-in server")
	}
	ids := selectedIDs(t)
	all := judgeMatrix(t)
	for _, j := range all {
		recordVerdicts("matrix", j)
		t.Run(j.server.Name, func(t *testing.T) {
			compareWithHeader(t, j)
			if *only == "" {
				compareCause(t, j)
			}
		})
	}
	logHeaderChanges(t, all)
	t.Run("every requirement is failed by a server", func(t *testing.T) {
		for _, id := range ids {
			if len(failedBy(all, id)) == 0 {
				t.Errorf("%s: no faulty server fails it: add one to targets/csrc/bad", id)
			}
		}
	})
	if *only != "" {
		t.Log("\n" + columns(all, ids))
		return
	}
	compareWithGolden(t, matrix(all))
}

// judgeMatrix judges every built-in server. Those whose defect is one of a protocol's
// chapter alone are judged by that chapter only: by all others just where the table is
// written, or -whole is given, as every one takes seconds.
func judgeMatrix(t *testing.T) []judged {
	t.Helper()
	list := servers(t)
	if *only != "" || *update || *whole {
		return judgeAll(t, list, 2*runtime.NumCPU())
	}
	var chapter, others []catalog.Server
	for _, s := range list {
		if ofItsChapter(s) {
			chapter = append(chapter, s)
		} else {
			others = append(others, s)
		}
	}
	all := judgeAll(t, others, 2*runtime.NumCPU())
	for _, j := range judgeAll(t, chapter, 2*runtime.NumCPU(), "--only", "http,dialogue") {
		j.partly = true
		all = append(all, j)
	}
	slices.SortStableFunc(all, func(a, b judged) int {
		at := func(j judged) int {
			return slices.IndexFunc(list, func(s catalog.Server) bool { return s.Name == j.server.Name })
		}
		return at(a) - at(b)
	})
	return all
}

// ofItsChapter reports whether all that a faulty server breaks is in the chapter of its
// protocol.
func ofItsChapter(s catalog.Server) bool {
	return s.Kind == catalog.Bad && (s.Protocol == "http" || s.Protocol == "dialogue") &&
		!slices.ContainsFunc(s.Breaks, func(id string) bool { return !strings.HasPrefix(id, s.Protocol+"/") })
}

// selectedIDs returns the IDs of the requirements that TestMatrix judges, in the
// order of the catalogue.
func selectedIDs(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, r := range harness.Catalogue() {
		if isSelected(r.ID) {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		t.Fatalf("-only %s: there is no such requirement or chapter", *only)
	}
	return ids
}

// isSelected reports whether -only selects a requirement.
func isSelected(id string) bool {
	return *only == "" || id == *only || strings.HasPrefix(id, *only+"/")
}

// found returns the requirements that a server does not meet. With -only it leaves
// out what the header does not declare and what another requirement covers: in a
// whole run that one fails, and these are not run.
func found(j judged, verdicts ...report.Verdict) []string {
	ids, declared := j.having(verdicts...), declaredBy(j.server)
	if *only != "" {
		ids = slices.DeleteFunc(ids, func(id string) bool { return j.isCollateral(id) && !slices.Contains(declared, id) })
	}
	return withSelected(declared, ids)
}

// isCollateral reports whether another requirement covers the failure of one.
func (j judged) isCollateral(id string) bool {
	return slices.ContainsFunc(j.result.Requirements, func(r report.Requirement) bool { return r.ID == id && r.Collateral })
}

// withSelected returns the declared IDs with those replaced that -only selects.
func withSelected(declared, found []string) []string {
	var ids []string
	for _, id := range declared {
		if !isSelected(id) {
			ids = append(ids, id)
		}
	}
	for _, id := range found {
		if isSelected(id) {
			ids = append(ids, id)
		}
	}
	return slices.Sorted(slices.Values(ids))
}

// columns returns the verdicts on the selected requirements: a paragraph for each
// requirement, a line for each server that does not pass. A failure that another
// requirement covers is marked "(other)".
func columns(all []judged, ids []string) string {
	var b strings.Builder
	for _, id := range ids {
		passed := 0
		fmt.Fprintf(&b, "%s\n", id)
		for _, j := range all {
			for _, r := range j.result.Requirements {
				switch {
				case r.ID != id:
				case r.Verdict == report.Pass:
					passed++
				case r.Collateral:
					fmt.Fprintf(&b, "  %-8s %-9s %-32s %s\n", "(other)", j.server.Kind, j.server.Name, r.Found)
				default:
					fmt.Fprintf(&b, "  %-8s %-9s %-32s %s\n", r.Verdict, j.server.Kind, j.server.Name, r.Found)
				}
			}
		}
		fmt.Fprintf(&b, "  %-8s %d servers\n", report.Pass, passed)
	}
	return b.String()
}

// goldenRow returns the row of a server in the golden table.
func goldenRow(name string) string {
	golden, err := os.ReadFile(goldenMatrix)
	if err != nil {
		return err.Error()
	}
	for row := range strings.Lines(string(golden)) {
		if strings.HasPrefix(row, "| `"+name+"` |") {
			return row
		}
	}
	return name + " is missing\n"
}

// compareWithGolden compares the table with the golden one.
func compareWithGolden(t *testing.T, table string) {
	t.Helper()
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
		t.Errorf("the matrix differs from %s (make golden writes it):\n%s", goldenMatrix, diff)
	}
}

// compareWithHeader compares a server's verdicts with what its header declares.
func compareWithHeader(t *testing.T, j judged) {
	declared := declaredBy(j.server)
	if diff := cmp.Diff(declared, found(j, report.Fail, report.Advice), cmpEmpty); diff != "" {
		t.Errorf("declared (-) and found (+) differ:\n%s%s", diff, details(j))
	}
	if wrong := j.having(report.Error); len(wrong) > 0 {
		t.Errorf("could not be judged: %s%s", join(wrong), details(j))
	}
	if *only == "" && j.server.Kind != catalog.Bad && j.result.Verdict != report.Conformant {
		t.Errorf("a correct server is %s", j.result.Verdict)
	}
}

// cmpEmpty makes nil and empty lists equal.
var cmpEmpty = cmp.Transformer("empty", func(ids []string) string { return strings.Join(ids, "\n") })

// details returns what the result says about each requirement that is not met.
func details(j judged) string {
	var b strings.Builder
	for _, r := range j.result.Requirements {
		if !isSelected(r.ID) {
			continue
		}
		switch r.Verdict {
		case report.Fail, report.Advice, report.Error, report.NotRun:
			fmt.Fprintf(&b, "\n%s %s\n  found: %s\n  why:   %s\n  done:  %s",
				r.ID, r.Verdict, r.Found, r.Diagnosis, strings.Join(r.Done, "; "))
		}
	}
	return b.String()
}

// few lists up to three requirements, and counts more.
func few(ids []string) string {
	if len(ids) > 3 {
		return fmt.Sprint(len(ids))
	}
	return join(ids)
}

// judgedAs says by which model and, if it is not echo, by which protocol a server is judged.
func judgedAs(s catalog.Server) string {
	if s.Protocol == catalog.EchoProtocol {
		return s.Model
	}
	return s.Model + ", " + s.Protocol
}

// failedBy returns the names of the faulty servers that do not meet a requirement.
func failedBy(all []judged, id string) []string {
	var names []string
	for _, j := range all {
		if j.server.Kind == catalog.Bad && slices.Contains(j.notMet(), id) {
			names = append(names, j.server.Name)
		}
	}
	return names
}

// matrix returns the table of servers and verdicts, by server and by requirement.
func matrix(all []judged) string {
	var b strings.Builder
	b.WriteString("# Which server fails what\n\n" +
		"Written by `make golden`, checked by `make test`. Every faulty server fails exactly what its header\n" +
		"declares; every requirement is failed by at least one of them; correct servers fail nothing.\n\n" +
		"## By server\n\n| server | kind | judged as | fails | advice | does not apply |\n|---|---|---|---|---|---|\n")
	for _, j := range all {
		if j.partly { // what does not apply was not asked
			b.WriteString(goldenRow(j.server.Name))
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", j.server.Name, j.server.Kind, judgedAs(j.server),
			join(j.having(report.Fail)), join(j.having(report.Advice)), few(j.having(report.NotApplicable)))
	}
	b.WriteString("\n## By requirement\n\n| requirement | level | failed by |\n|---|---|---|\n")
	for _, r := range harness.Catalogue() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.ID, r.Level, join(failedBy(all, r.ID)))
	}
	return b.String()
}
