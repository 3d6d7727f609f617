package run

import (
	"encoding/json"
	"testing"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
)

var (
	root = harness.Require(harness.Requirement{ID: "launch/root", Level: report.Must,
		Title: "t", Rule: "r", Why: "w", Source: "s", Provoked: "p", Hint: "h"}, func(*harness.Case) {})
	top = harness.Require(harness.Requirement{ID: "echo/top", Level: report.Must, BuildsOn: []string{"launch/root"},
		Title: "t", Rule: "r", Why: "w", Source: "s", Provoked: "p", Hint: "h"}, func(*harness.Case) {})
)

// A requirement that no spec of the run was for appears with its verdict when a spec
// found that its failure stands in the way.
func TestCollectFoundation(t *testing.T) {
	failed := root.Result()
	failed.Verdict = report.Fail
	blocked := top.Result()
	blocked.Verdict, blocked.FixFirst = report.NotRun, root.ID
	spec := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeText: top.ID, State: types.SpecStateSkipped, NumAttempts: 1,
		ReportEntries: types.ReportEntries{left(t, verdictEntry, blocked), left(t, foundationEntry, failed)}}
	filtered := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeText: root.ID, State: types.SpecStateSkipped}
	judges, err := harness.New(harness.Config{Model: harness.Forking, Protocol: harness.Echo})
	if err != nil {
		t.Fatal(err)
	}
	res := Collect(judges, types.Report{SpecReports: types.SpecReports{filtered, spec}})
	got := res.Of(root.ID)
	if got.Verdict != report.Fail || len(got.Done) != 1 || got.Done[0] != "judged because echo/top builds on it" {
		t.Errorf("%+v, want a failure that says why it was judged", got)
	}
	if got := res.Of(top.ID); got.Verdict != report.NotRun || got.FixFirst != root.ID {
		t.Errorf("%+v, want not-run because of %s", got, root.ID)
	}
	if res.Verdict != report.Nonconformant {
		t.Errorf("the run is %s, want %s", res.Verdict, report.Nonconformant)
	}
}

// A spec that left no verdict and panicked is forkproof's failure.
func TestCollectPanic(t *testing.T) {
	spec := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeText: root.ID, State: types.SpecStatePanicked, NumAttempts: 1}
	judges, err := harness.New(harness.Config{Model: harness.Forking, Protocol: harness.Echo})
	if err != nil {
		t.Fatal(err)
	}
	res := Collect(judges, types.Report{SpecReports: types.SpecReports{spec}})
	if got := res.Of(root.ID).Verdict; got != report.Error {
		t.Errorf("%s, want %s", got, report.Error)
	}
}

// left is an entry as it comes from another process: its value is raw.
func left(t *testing.T, name string, r report.Requirement) types.ReportEntry {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return types.ReportEntry{Name: name, Value: types.WrapEntryValue(string(data))}
}
