package report

import (
	"fmt"
	"strings"
)

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
