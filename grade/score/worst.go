package score

import (
	"slices"

	"github.com/forkproof/forkproof/report"
)

// Worst joins the results of one submission that was judged several times: the worst
// verdict of each requirement counts, with what was found then. There is at least one.
func Worst(results []report.Result) report.Result {
	all := results[0]
	all.Requirements, all.Causes = slices.Clone(all.Requirements), slices.Clone(all.Causes)
	for _, r := range results[1:] {
		for i, q := range all.Requirements {
			if other := r.Of(q.ID); worse(other.Verdict, q.Verdict) {
				all.Requirements[i] = other
			}
		}
		for _, c := range r.Causes {
			same := func(known report.Cause) bool { return known.ID == c.ID }
			switch i := slices.IndexFunc(all.Causes, same); {
			case i < 0:
				all.Causes = append(all.Causes, c)
			case c.Explains > all.Causes[i].Explains:
				all.Causes[i] = c
			}
		}
		all.DurationMS += r.DurationMS
	}
	all.Summarise()
	return all
}

// worse reports whether one verdict counts before another: a judgement counts before
// none.
func worse(a, b report.Verdict) bool {
	order := []report.Verdict{report.Fail, report.Advice, report.Pass, report.NotApplicable, report.Error, report.NotRun}
	i, j := slices.Index(order, a), slices.Index(order, b)
	return i >= 0 && i < j
}
