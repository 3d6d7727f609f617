package run

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
)

// Collect makes the result of a run from Ginkgo's report of it: every
// requirement of the catalogue appears, in the order of the catalogue.
func Collect(r *harness.Run, suite types.Report) report.Result {
	judged := map[string]report.Requirement{}
	for _, spec := range suite.SpecReports {
		if spec.LeafNodeType.Is(types.NodeTypeIt) {
			one := verdictOf(spec)
			judged[one.ID] = one
		}
	}
	for _, spec := range suite.SpecReports {
		foundation, left := entry(spec, foundationEntry)
		if known, found := judged[foundation.ID]; left && (!found || known.Verdict == report.NotRun) {
			foundation.Done = append([]string{fmt.Sprintf("judged because %s builds on it", spec.LeafNodeText)}, foundation.Done...)
			judged[foundation.ID] = foundation
		}
	}
	res := r.Heading()
	res.DurationMS = float64(suite.RunTime.Microseconds()) / 1000
	for _, e := range harness.Catalogue() {
		one, found := judged[e.ID]
		if !found {
			one = e.Result()
			one.Verdict, one.Found = report.NotRun, "not selected"
		}
		res.Requirements = append(res.Requirements, one)
	}
	res.Summarise()
	return res
}

// entry returns the verdict that a spec left under a name, if it left one.
func entry(spec types.SpecReport, name string) (r report.Requirement, left bool) {
	for _, e := range spec.ReportEntries {
		if e.Name != name {
			continue
		}
		text, ok := e.Value.GetRawValue().(string)
		if ok && json.Unmarshal([]byte(text), &r) == nil {
			return r, true
		}
	}
	return report.Requirement{}, false
}

// verdictOf returns the verdict that a spec left. A spec that left none was not
// reached, or ended in a way that forkproof did not foresee.
func verdictOf(spec types.SpecReport) report.Requirement {
	if r, left := entry(spec, verdictEntry); left {
		return r
	}
	known, _ := harness.Find(spec.LeafNodeText)
	r := known.Result()
	switch {
	case spec.State.Is(types.SpecStatePanicked | types.SpecStateFailed | types.SpecStateTimedout):
		r.Verdict = report.Error
		r.Found = "forkproof failed: " + strings.TrimSpace(spec.Failure.Message+" "+spec.Failure.ForwardedPanic)
	case spec.NumAttempts == 0:
		r.Verdict, r.Found = report.NotRun, "not selected"
	default:
		r.Verdict, r.Found, r.Unreached = report.NotRun, "not reached", true
	}
	return r
}
