package book

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/grade/store"
	"github.com/forkproof/forkproof/report"
)

// hostile is what a submission may be called, and what it may have a cause say.
const hostile = "=cmd|' /C calc'!A0\n</td><script>alert(1)</script>\x1b[2J\u202e::error::x\x00\"'><img src=x onerror=alert(1)>,;"

func parsed(t *testing.T, points string) *rubric.Rubric {
	t.Helper()
	words := rubric.Vocabulary{
		Models: []string{"forking"}, Protocols: []string{"echo"},
		Applies: func(string, string, string) bool { return true }, HasFlag: func(string) bool { return true },
		Requirements: []rubric.Requirement{{ID: "echo/exact", Level: report.Must}, {ID: "reaping/one", Level: report.Must}},
	}
	r, err := rubric.Parse("r.yaml", []byte("rubric: v1\ntitle: Assignment\ncommand: ./s {port}\n"+points), words)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// record returns a record of a submission with two verdicts.
func record(name string, echo, reaping report.Verdict) store.Record {
	result := report.Result{Requirements: []report.Requirement{
		{ID: "echo/exact", Level: report.Must, Verdict: echo, Found: hostile}, {ID: "reaping/one", Level: report.Must, Verdict: reaping, Found: hostile},
	}}
	if reaping == report.Fail {
		result.Causes = []report.Cause{{ID: "never-waits", Title: "It never waits. " + hostile, Requirements: []string{"reaping/one"}}}
	}
	r := store.Record{Name: name, SHA256: "1", JudgedAt: "1"}
	r.Take(result, nil)
	return r
}

// class returns a class with every kind of row, and hostile names.
func class(t *testing.T, n int) ([]Row, *rubric.Rubric) {
	t.Helper()
	r := parsed(t, "points: {echo: 3, reaping: 6}\n")
	records := []store.Record{
		record("alice", report.Pass, report.Pass), record("bob", report.Pass, report.Fail), record("carol", report.Error, report.Pass),
		{Name: hostile, State: store.Refused, Reason: hostile}, {Name: "eve", State: store.NotBuilt, Reason: "the build failed: exit status 2"},
		{Name: "fay", State: store.NotJudged, Reason: hostile},
	}
	for i := len(records); i < n; i++ {
		records = append(records, record(fmt.Sprintf("student %d %s", i, hostile), report.Pass, report.Fail))
	}
	var rows []Row
	for _, one := range records {
		rows = append(rows, NewRow(one, r))
	}
	return rows, r
}

func TestGradebook(t *testing.T) {
	rows, r := class(t, 0)
	data, err := Gradebook(rows, r)
	if err != nil {
		t.Fatal(err)
	}
	list, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, cells := range list {
		got = append(got, strings.Join(append(cells[1:5:5], cells[6:]...), " "))
		for _, cell := range cells {
			if strings.ContainsAny(cell, "\n\x1b\x00") || strings.HasPrefix(cell, "=") {
				t.Errorf("a live cell: %q", cell)
			}
		}
	}
	want := []string{
		"status result grade out of echo reaping", "graded judged 9 9 3 6", "graded judged 3 9 3 0", "held judged  9 0 6", "graded refused 0 9 0 0",
		"graded not-built 0 9 0 0", "held not-judged  9 0 0",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// The page of a class is small and has nothing live.
func TestClass(t *testing.T) {
	rows, r := class(t, 500)
	page, err := Class(rows, r)
	if err != nil {
		t.Fatal(err)
	}
	if len(page) >= 1<<20 || len(page) < 10_000 {
		t.Errorf("%d bytes", len(page))
	}
	inertPage(t, page)
	for _, text := range []string{"500 submissions, 498 graded", "never-waits", "Held for a person", "submissions/alice/index.html", "mean ", "median "} {
		if !bytes.Contains(page, []byte(text)) {
			t.Errorf("%q is missing", text)
		}
	}
	again, err := Class(rows, r)
	if err != nil || !bytes.Equal(page, again) {
		t.Error("the same class has another page")
	}
	huge, err := Class(append(rows, rows...), r)
	if err != nil || len(huge) >= 1<<20 {
		t.Errorf("%d bytes, %v", len(huge), err)
	}
}

// inertPage fails if a page has an element, an attribute or a link that is not ours.
func inertPage(t *testing.T, page []byte) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.TextNode && strings.ContainsAny(n.Data, "\x00\x1b\u202e") {
			t.Errorf("a control character in %q", n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" || n.Data == "img" || n.Data == "iframe" {
			t.Errorf("a live element %s", n.Data)
		}
		for _, a := range n.Attr {
			local := strings.HasPrefix(a.Val, "submissions/") || a.Val == "report.html" || a.Val == "build.txt"
			if strings.HasPrefix(a.Key, "on") || a.Key == "href" && !local {
				t.Errorf("a live attribute %s=%q", a.Key, a.Val)
			}
		}
	}
}

func TestStudentPages(t *testing.T) {
	rows, r := class(t, 0)
	for _, row := range rows {
		row.Record.LeftOut = []string{hostile}
		page, err := Points(row, r)
		if err != nil {
			t.Fatal(err)
		}
		inertPage(t, page)
	}
}

func TestTable(t *testing.T) {
	rows, r := class(t, 0)
	var b bytes.Buffer
	if err := WriteTable(&b, rows, r); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"bob ", "held for a person: carol, fay\n", "6 submissions, grades out of 9\n"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("%q is missing in\n%s", text, b.String())
		}
	}
	if strings.ContainsAny(b.String(), "\x1b\x00\u202e") {
		t.Errorf("%q", b.String())
	}
}

func TestChanges(t *testing.T) {
	before, _ := class(t, 0)
	r := parsed(t, "points: {echo: 3, reaping: 12}\n")
	var after []Row
	for _, row := range before {
		after = append(after, NewRow(row.Record, r))
	}
	var b bytes.Buffer
	if err := WriteChanges(&b, Changes(before, after), len(after)); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"alice: 15 of 15, was 9 of 9 (reaping: 12 of 12, was 6 of 6)\n", "bob: 3 of 15, was 3 of 9 (reaping: 0 of 12, was 0 of 6)\n", "6 of 6 grades changed\n",
	} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("%q is missing in\n%s", line, b.String())
		}
	}
	if changes := Changes(after, after); len(changes) != 0 {
		t.Errorf("%v", changes)
	}
}

// Replies that cannot be learnt are no mistake of the server.
func TestNotStarted(t *testing.T) {
	r := parsed(t, "points: {echo: 3}\n")
	one := store.Record{Name: "a", State: store.NotStarted, Reason: "x"}
	if row := NewRow(one, r); row.Status() != Graded || row.Points() != "0" {
		t.Errorf("%s %s", row.Status(), row.Points())
	}
	r.Protocol = "learned"
	if row := NewRow(one, r); row.Status() != Held || row.Why() != "x" {
		t.Errorf("%s %s", row.Status(), row.Why())
	}
}

func TestCompared(t *testing.T) {
	better, worse := compared(record("a", report.Pass, report.Fail), record("a", report.Fail, report.Pass))
	if fmt.Sprint(better, worse) != "[reaping/one] [echo/exact]" {
		t.Error(better, worse)
	}
	if better, worse = compared(record("a", report.Error, report.Fail), record("a", report.Fail, report.NotApplicable)); len(better)+len(worse) > 0 {
		t.Error("what was not judged got better or worse:", better, worse)
	}
}
