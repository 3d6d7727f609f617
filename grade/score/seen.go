package score

import (
	"slices"

	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/report"
)

// Seen returns a copy of a result with what the rubric lets a student see, and the
// grade. What is hidden is in it nowhere: neither as a requirement nor in a cause.
func Seen(r *rubric.Rubric, result report.Result, grade Grade) report.Result {
	seen := result
	seen.Requirements, seen.Causes = nil, nil
	for _, q := range result.Requirements {
		if s := r.ShownFor(q.ID); s != rubric.Nothing {
			seen.Requirements = append(seen.Requirements, shortened(q, s, r))
		}
	}
	for _, c := range result.Explanations() {
		c.Requirements = slices.DeleteFunc(slices.Clone(c.Requirements), func(id string) bool {
			s := r.ShownFor(id)
			return s == rubric.Nothing || s == rubric.Names
		})
		if len(c.Requirements) == 0 {
			continue
		}
		c.Explains = min(c.Explains, len(c.Requirements))
		if !slices.ContainsFunc(c.Requirements, func(id string) bool { return r.ShownFor(id) == rubric.Evidence }) {
			c.Found, c.Where, c.Right = "", nil, nil
		}
		seen.Causes = append(seen.Causes, c)
	}
	if seen.Causes == nil {
		seen.Causes = []report.Cause{}
	}
	seen.Summarise()
	seen.Grade = visible(r, grade).Report(r)
	return seen
}

// shortened returns a requirement with as much of it as may be seen.
func shortened(q report.Requirement, s rubric.Shown, r *rubric.Rubric) report.Requirement {
	hidden := q.FixFirst != "" && r.ShownFor(q.FixFirst) == rubric.Nothing
	if s == rubric.Evidence && hidden {
		q.FixFirst, q.Found = "", "not tested"
	}
	if s == rubric.Evidence {
		return q
	}
	few := report.Requirement{
		ID: q.ID, Level: q.Level, Verdict: q.Verdict, Title: q.Title, Source: q.Source, FixFirst: q.FixFirst, Unreached: q.Unreached,
		Collateral: q.Collateral, DurationMS: q.DurationMS,
	}
	if hidden {
		few.FixFirst = ""
	}
	if s == rubric.Hints {
		few.Rule, few.Hint, few.Cause, few.Diagnosis = q.Rule, q.Hint, q.Cause, q.Diagnosis
	}
	return few
}

// visible returns a grade whose notes name nothing that is hidden: an item that covers
// something hidden tells its points alone.
func visible(r *rubric.Rubric, g Grade) Grade {
	hidden := func(id string) bool { return r.ShownFor(id) == rubric.Nothing }
	anyHidden := false
	g.Items = slices.Clone(g.Items)
	for i, item := range r.Items {
		if slices.ContainsFunc(item.Covers, hidden) {
			anyHidden = true
			if i < len(g.Items) {
				g.Items[i].Notes = nil
			}
		}
	}
	if anyHidden || slices.ContainsFunc(r.Required, func(q rubric.Required) bool { return slices.ContainsFunc(q.Covers, hidden) }) {
		g.NotJudged = slices.DeleteFunc(slices.Clone(g.NotJudged), hidden)
		if len(g.Held) > 0 {
			g.Held = []string{"a person has to look at this submission"}
		}
		if len(g.Notes) > 0 {
			g.Notes = []string{"something that is required is not met, or could not be judged"}
		}
	}
	return g
}
