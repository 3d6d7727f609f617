package diagnose

import (
	"regexp"
	"slices"

	"github.com/forkproof/forkproof/report"
)

// A match is an entry with what it explains.
type match struct {
	entry entry
	// ids are the requirements that it explains, the nearest first.
	ids []string
	// seen is the failure whose evidence shows the signs.
	seen  report.Requirement
	score float64
}

// What signs that were seen add to the score of an entry, and each of them, what each requirement takes
// from it that the entry should have failed and that passed, and the least score that
// is a claim.
const (
	signScore    = 1.5
	eachSign     = 0.1
	missingScore = 0.5
	commonScore  = 0.25
	namedScore   = 100
	leastScore   = 1
)

// cover chooses entries, each time the one that explains best what is still open,
// until none does well. Of two that explain the same equally well neither is claimed.
func (f *facts) cover(entries []entry) []match {
	var chosen []match
	for {
		best, tied := f.best(entries)
		if len(best.ids) == 0 {
			return chosen
		}
		for _, id := range best.ids {
			delete(f.open, id)
		}
		if tied {
			f.unclear = append(f.unclear, best.ids...)
			continue
		}
		chosen = append(chosen, best)
	}
}

// best returns the entry that explains most, and whether another one does the same.
func (f *facts) best(entries []entry) (best match, tied bool) {
	for _, e := range entries {
		if e.echo && f.protocol != "" || e.web && f.protocol != "http" {
			continue
		}
		m := f.fit(e)
		switch {
		case m.score < leastScore || m.score < best.score:
		case m.score > best.score:
			best, tied = m, false
		default:
			tied = tied || slices.Equal(sorted(m.ids), sorted(best.ids))
		}
	}
	return best, tied
}

// fit returns what an entry explains of what is still open, and how well. The score is 0
// when its signs are not seen.
func (f *facts) fit(e entry) match {
	m := match{entry: e}
	if e.model != "" && e.model != f.model || f.isForeign(e) {
		return m
	}
	for _, id := range f.concerns(e) {
		switch {
		case f.open[id]:
			m.ids = append(m.ids, id)
			m.score++
		case f.of[id].Verdict == report.Pass:
			m.score -= missingScore
		}
	}
	if len(m.ids) == 0 {
		return match{}
	}
	if len(e.signs) > 0 {
		var shown bool
		if m.seen, shown = f.shown(m.ids, e.signs); !shown {
			return match{}
		}
		m.score += signScore + eachSign*float64(len(e.signs))
	}
	if e.common {
		m.score += commonScore
	}
	if e.named && m.score >= leastScore {
		m.score += namedScore
	}
	return m
}

// isForeign reports whether an entry is of servers of another design: the requirement that
// shows it best does not apply to this one, or its words are of children, which this one
// has not. Signs that are proof by themselves need none of that.
func (f *facts) isForeign(e entry) bool {
	if e.named || e.model != "" || len(e.breaks) == 0 || !slices.Contains([]string{"iterative", "prefork", "threads", "event"}, f.model) {
		return false
	}
	return f.of[e.breaks[0]].Verdict == report.NotApplicable || ofChildren.MatchString(e.title+" "+e.hint(C))
}

// ofChildren finds words of a server that forks.
var ofChildren = regexp.MustCompile(`\b(child|children|fork|forks|parent)\b`)

// concerns returns the requirements that an entry can explain, the nearest first.
func (f *facts) concerns(e entry) []string {
	if !e.everywhere {
		return e.breaks
	}
	var ids []string
	for _, q := range f.all {
		if _, shown := f.shown([]string{q.ID}, e.signs); shown && f.open[q.ID] {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

// shown returns the first of some failures whose evidence shows all of the signs.
func (f *facts) shown(ids, names []string) (report.Requirement, bool) {
	for _, id := range ids {
		q := f.of[id]
		if !slices.ContainsFunc(names, func(name string) bool { return !signs[name](f, q) }) {
			return q, true
		}
	}
	return report.Requirement{}, false
}

func sorted(ids []string) []string { return slices.Sorted(slices.Values(ids)) }
