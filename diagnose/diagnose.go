package diagnose

import (
	"cmp"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// Diagnose finds the causes of what a result tells as failed or as advice, the one to
// mend first at the front, and has each requirement name its cause, whose hint replaces
// its own. The map has for each requirement the IDs of those that it builds on. An error
// is a mistake in the dictionary.
func Diagnose(r *report.Result, buildsOn map[string][]string) error {
	words, err := dictionary()
	if err != nil {
		return err
	}
	f := newFacts(*r, buildsOn)
	r.Causes = nil
	for _, found := range f.cover(append(named(), words...)) {
		r.Causes = append(r.Causes, f.cause(found))
	}
	r.Causes = f.rest(r.Causes)
	slices.SortStableFunc(r.Causes, f.before)
	for i := range r.Causes {
		if err := addRight(&r.Causes[i], f.of[r.Causes[i].Requirements[0]]); err != nil {
			return err
		}
	}
	for i, q := range r.Requirements {
		for _, c := range r.Causes {
			if c.ID != q.ID && slices.Contains(c.Requirements, q.ID) {
				r.Requirements[i].Cause, r.Requirements[i].Hint = c.ID, c.Hint
			}
		}
	}
	return nil
}

// cause turns an entry that was found into the report's terms.
func (f *facts) cause(m match) report.Cause {
	nearest := f.of[m.ids[0]]
	c := report.Cause{
		ID: m.entry.id, Title: m.entry.title, Requirements: m.ids, Explains: len(m.ids),
		Found: seen(nearest), Hint: m.entry.hint(LanguageOf(f.command)),
		Where: m.where(nearest), Rule: nearest.Rule, Source: nearest.Source,
	}
	if m.entry.rule != "" {
		c.Rule = m.entry.rule
	}
	if m.entry.source != "" {
		c.Source = m.entry.source
	}
	if m.entry.tells != nil {
		c.Title = m.entry.tells(m.seen)
	}
	if m.entry.hintFor != nil {
		c.Hint = m.entry.hintFor(m.seen)
	}
	return c
}

// seen returns what was found, and what the processes concerned did.
func seen(q report.Requirement) string {
	var clauses []string
	for clause := range strings.SplitSeq(q.Diagnosis, "; ") {
		if strings.Contains(clause, " is blocked in ") || strings.Contains(clause, " is held by ") || strings.Contains(clause, "accept queue") {
			clauses = append(clauses, clause)
		}
	}
	if len(clauses) == 0 {
		return q.Found
	}
	return q.Found + ": " + strings.Join(clauses, "; ")
}

// before compares two causes by the order in which to mend them: failures before
// advice, that the server is of another design before all that is asked of it, what others build on before those, what explains more before what explains
// less, and else the order of the catalogue.
func (f *facts) before(a, b report.Cause) int {
	return cmp.Or(
		cmp.Compare(f.severity(a), f.severity(b)),
		cmp.Compare(isOfModel(b), isOfModel(a)),
		cmp.Compare(f.foundationOf(b, a), f.foundationOf(a, b)),
		cmp.Compare(b.Explains, a.Explains),
		cmp.Compare(f.place[a.Requirements[0]], f.place[b.Requirements[0]]),
	)
}

// severity is 0 for a cause of a failure and 1 for a cause of advice alone.
func (f *facts) severity(c report.Cause) int {
	for _, id := range c.Requirements {
		if f.of[id].Verdict == report.Fail {
			return 0
		}
	}
	return 1
}

// foundationOf is 1 if the nearest requirement of b builds on something that a explains.
func (f *facts) foundationOf(a, b report.Cause) int {
	for _, id := range a.Requirements {
		if f.builds(b.Requirements[0], id) {
			return 1
		}
	}
	return 0
}
