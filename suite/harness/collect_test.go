package harness

import (
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
)

// A control that failed is an error by itself, and not-run where a verdict
// about the server shows what is wrong with it.
func TestSettleCollateral(t *testing.T) {
	control := report.Requirement{ID: "faults/short-read", Verdict: report.Error, Collateral: true, Found: "in the control"}
	broken := report.Requirement{ID: "faults/short-write", Verdict: report.Error, Found: "ptrace is refused"}
	collateral := report.Requirement{ID: "signals/storm", Verdict: report.Fail, Collateral: true}
	advice := report.Requirement{ID: "concurrency/burst", Verdict: report.Advice}
	failed := report.Requirement{ID: "reaping/one", Verdict: report.Fail}
	for name, c := range map[string]struct {
		all  []report.Requirement
		want []report.Verdict
	}{
		"alone":               {[]report.Requirement{control, broken}, []report.Verdict{report.Error, report.Error}},
		"beside a failure":    {[]report.Requirement{control, failed, broken}, []report.Verdict{report.NotRun, report.Fail, report.Error}},
		"beside advice":       {[]report.Requirement{control, advice}, []report.Verdict{report.NotRun, report.Advice}},
		"beside a collateral": {[]report.Requirement{control, collateral}, []report.Verdict{report.NotRun, report.Fail}},
		"all":                 {[]report.Requirement{collateral, control, failed}, []report.Verdict{report.NotRun, report.NotRun, report.Fail}},
	} {
		settleCollateral(c.all)
		for i, r := range c.all {
			if r.Verdict != c.want[i] {
				t.Errorf("%s: %s is %s, want %s", name, r.ID, r.Verdict, c.want[i])
			}
			if r.Verdict == report.NotRun && !strings.Contains(r.Found, "first mend") {
				t.Errorf("%s: %s does not say what to mend: %s", name, r.ID, r.Found)
			}
		}
	}
}
