package harness

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2/types"
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// Collect makes the result of a run from Ginkgo's report of it: every
// requirement of the catalogue appears, in the order of the catalogue.
func Collect(suite types.Report) report.Result {
	judged := map[string]report.Requirement{}
	for _, spec := range suite.SpecReports {
		if spec.LeafNodeType.Is(types.NodeTypeIt) {
			r := verdictOf(spec)
			judged[r.ID] = r
		}
	}
	res := Heading()
	res.DurationMS = float64(suite.RunTime.Microseconds()) / 1000
	for _, e := range catalogue() {
		r, found := judged[e.ID]
		if !found {
			r = result(e.Requirement)
			r.Verdict, r.Found = report.NotRun, "not selected"
		}
		res.Requirements = append(res.Requirements, r)
	}
	settleCollateral(res.Requirements)
	res.Summarise()
	return res
}

// Heading is a result without any verdict: what is judged, by what, and where.
func Heading() report.Result {
	return report.Result{
		Schema: report.Schema,
		Tool:   report.Tool{Version: config.Version},
		Target: report.Target{
			Command: config.Command.Args, SHA256: config.SHA256,
			Model: string(config.Model), Protocol: string(config.Protocol),
		},
		Environment: environment(),
	}
}

// verdictOf reads the verdict that a spec left. A spec that left none was not
// reached, or ended in a way that forkproof did not foresee.
func verdictOf(spec types.SpecReport) report.Requirement {
	for _, e := range spec.ReportEntries {
		if e.Name != entryName {
			continue
		}
		var r report.Requirement
		text, ok := e.Value.GetRawValue().(string)
		if ok && json.Unmarshal([]byte(text), &r) == nil {
			return r
		}
	}
	known, _ := Find(spec.LeafNodeText)
	r := result(known)
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

// settleCollateral decides what becomes of requirements that could not be
// judged because the server failed something they build on: when another
// requirement shows what is wrong, they are not run; when none does, they
// stand as failures. A control that failed, an error, is set aside by any
// failure or advice: the server, not the machine, is known to be at fault.
func settleCollateral(all []report.Requirement) {
	plain := idsOf(all, func(r report.Requirement) bool { return r.Verdict == report.Fail && !r.Collateral })
	if len(plain) > 0 {
		setAside(all, plain, report.Fail, report.Advice, report.Error)
		return
	}
	standing := idsOf(all, func(r report.Requirement) bool {
		return r.Verdict == report.Fail || r.Verdict == report.Advice
	})
	if len(standing) > 0 {
		setAside(all, standing, report.Error)
	}
}

func idsOf(all []report.Requirement, wanted func(report.Requirement) bool) []string {
	var ids []string
	for _, r := range all {
		if wanted(r) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// setAside takes back collateral verdicts: what is to be mended first shows
// what is wrong.
func setAside(all []report.Requirement, first []string, verdicts ...report.Verdict) {
	for i := range all {
		r := &all[i]
		if r.Collateral && slices.Contains(verdicts, r.Verdict) {
			r.Verdict = report.NotRun
			r.Found = fmt.Sprintf("could not be brought about (%s); first mend %s", r.Found, someOf(first))
			r.Expected, r.Diagnosis, r.Evidence = "", "", nil
		}
	}
}

func someOf(ids []string) string {
	if len(ids) > 3 {
		return strings.Join(ids[:3], ", ") + fmt.Sprintf(" and %d more", len(ids)-3)
	}
	return strings.Join(ids, ", ")
}

func environment() report.Environment {
	var name unix.Utsname
	_ = unix.Uname(&name) // cannot fail with a valid pointer
	isolation := sandbox.Probe()
	return report.Environment{
		Kernel:          unix.ByteSliceToString(name.Release[:]),
		CPUs:            runtime.NumCPU(),
		Isolation:       isolation.String(),
		IsolationReason: isolation.Reason,
		Seed:            config.Seed,
	}
}
