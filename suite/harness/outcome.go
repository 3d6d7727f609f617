package harness

import (
	"fmt"
	"runtime/debug"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
)

// An outcome is how a spec ended. A verb that ends the spec before its end panics
// with one; attempt is the only place that recovers it.
type outcome struct {
	verdict report.Verdict
	finding match.Finding
	// shortfall says that the server did not do what this requirement needs before
	// it can be judged: the failure is another requirement's, if one owns it.
	shortfall bool
	// evidence is taken before anything is undone.
	evidence *report.Evidence
}

// attempt does steps and returns how they ended: pass when they came to their end.
// A panic that is no outcome is a defect of forkproof, and an error.
func attempt(steps func()) (o outcome) {
	defer func() {
		switch recovered := recover().(type) {
		case nil:
		case outcome:
			o = recovered
		default:
			o = outcome{verdict: report.Error, finding: match.Finding{
				Found:     fmt.Sprintf("forkproof failed: %v", recovered),
				Diagnosis: "this is a defect of forkproof, not of the server: " + string(debug.Stack()),
			}}
		}
	}()
	steps()
	return outcome{verdict: report.Pass}
}
