package report

// Exit codes of a run that was judged, or could not be.
const (
	exitConformant    = 0
	exitNonconformant = 1
	exitNotJudged     = 3
)

// Summarise counts the verdicts and draws the verdict of the run from them.
//
// A failed requirement makes the run nonconformant. Without one, a requirement
// that could not be judged, or that was selected and not reached, makes it not
// judged; so does a run in which nothing was judged at all. Requirements that
// were filtered out or do not apply change nothing.
func (r *Result) Summarise() {
	r.Summary = make(map[Verdict]int, len(Verdicts()))
	for _, v := range Verdicts() {
		r.Summary[v] = 0
	}
	unreached := false
	for _, q := range r.Requirements {
		v := q.Verdict
		if _, known := r.Summary[v]; !known {
			v = Error // a verdict nobody knows is no judgement
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

// judged counts the requirements that the server was held to.
func (r *Result) judged() int {
	return r.Summary[Pass] + r.Summary[Fail] + r.Summary[Advice]
}

// ExitCode is the exit status that the verdict of the run stands for:
// 0 conformant, 1 nonconformant, 3 not judged.
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
