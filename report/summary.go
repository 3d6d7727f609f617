package report

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
