package report

import (
	"fmt"
	"strings"
)

// Exit codes of a run that was judged, or could not be.
const (
	exitConformant    = 0
	exitNonconformant = 1
	exitNotJudged     = 3
)

// Summarise counts the verdicts and sets the verdict of the run.
//
// A failed requirement makes the run nonconformant. Without one, the run is not
// judged if a requirement could not be judged or was selected and not reached, or
// if none was judged at all. Requirements that were not selected or do not apply
// have no effect.
func (r *Result) Summarise() {
	r.Summary = make(map[Verdict]int, len(verdicts()))
	for _, v := range verdicts() {
		r.Summary[v] = 0
	}
	unreached := false
	for _, q := range r.Requirements {
		v := q.Verdict
		if _, known := r.Summary[v]; !known {
			v = Error // an unknown verdict is no judgement
		}
		r.Summary[v]++
		unreached = unreached || v == NotRun && q.Unreached
	}
	switch {
	case r.Summary[Fail] > 0:
		r.Verdict = Nonconformant
	case r.Summary[Error] > 0, unreached, r.judged() == 0:
		r.Verdict = NotJudged
	default:
		r.Verdict = Conformant
	}
}

// judged returns the number of requirements with a verdict on the server.
func (r *Result) judged() int {
	return r.Summary[Pass] + r.Summary[Fail] + r.Summary[Advice]
}

// ExitCode returns the exit status of the run: 0 conformant, 1 nonconformant, 3 not
// judged.
func (r *Result) ExitCode() int {
	switch r.Verdict {
	case Conformant:
		return exitConformant
	case Nonconformant:
		return exitNonconformant
	default:
		return exitNotJudged
	}
}

// OneLine returns the verdict of the run and its reason, the last line of the
// report: "nonconformant: 1 of 40 requirements failed: reaping/one".
func (r *Result) OneLine() string { return Line(string(r.Verdict) + ": " + because(*r)) }

// outcome prints the verdict of the run in one line that is never wrapped, so that
// it is one line of a log.
func (p *page) outcome(r Result) {
	c := map[Outcome]color{Conformant: green, Nonconformant: red, NotJudged: yellow}[r.Verdict]
	p.one(cell{string(r.Verdict), c}, cell{text: ": " + because(r)})
}

// because returns the reason for the verdict.
func because(r Result) string {
	judged := plural(r.judged(), "requirement")
	switch r.Verdict {
	case Nonconformant:
		return fmt.Sprintf("%d of %s failed: %s", r.Summary[Fail], judged, names(r, Fail))
	case Conformant:
		if n := r.Summary[Advice]; n > 0 {
			return fmt.Sprintf("none of %s failed; advice on %d: %s", judged, n, names(r, Advice))
		}
		return fmt.Sprintf("%s met", judged)
	default:
		return whyNotJudged(r)
	}
}

func whyNotJudged(r Result) string {
	var parts []string
	if n := r.Summary[Error]; n > 0 {
		parts = append(parts, fmt.Sprintf("%s could not be judged: %s", plural(n, "requirement"), names(r, Error)))
	}
	unreached := 0
	for _, q := range r.Requirements {
		if q.Verdict == NotRun && q.Unreached {
			unreached++
		}
	}
	if unreached > 0 {
		parts = append(parts, fmt.Sprintf("%s not reached", plural(unreached, "requirement")))
	}
	if len(parts) == 0 {
		return "no requirement was judged"
	}
	return strings.Join(parts, "; ")
}

// namesShown is how many requirements one line names.
const namesShown = 6

// names lists the IDs of the requirements with a verdict.
func names(r Result, v Verdict) string {
	var ids []string
	for _, q := range r.Requirements {
		if q.Verdict == v {
			ids = append(ids, q.ID)
		}
	}
	if more := len(ids) - namesShown; more > 1 {
		ids = append(ids[:namesShown], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(ids, ", ")
}
