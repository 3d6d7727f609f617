// Package score counts points: from a result and a rubric to a grade. All numbers are
// exact fractions; they are rounded once, when they are written.
package score

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/report"
)

// A Grade is what a submission earns.
type Grade struct {
	// Points are those earned, extra ones too, of OutOf. A submission that leaves
	// something out for which points are given has a smaller OutOf.
	Points, OutOf *big.Rat
	Items         []Item
	// Held says why a person has to decide; empty if the grade stands.
	Held []string
	// Notes are what else has an effect on the points.
	Notes []string
	// NotJudged are IDs that the rubric names and the result has no verdict on.
	NotJudged []string
}

// An Item is what was earned for a line of the rubric.
type Item struct {
	Name          string
	Extra         bool
	Points, OutOf *big.Rat
	// Notes say what cost points, or was left out.
	Notes []string
}

// Of returns the grade of a result.
func Of(r *rubric.Rubric, result report.Result) Grade {
	c := counter{rubric: r, grade: Grade{Points: new(big.Rat), OutOf: new(big.Rat)}, verdicts: map[string]report.Requirement{}}
	for _, q := range result.Requirements {
		c.verdicts[q.ID] = q
	}
	extra := new(big.Rat)
	for _, item := range r.Items {
		one := c.item(item)
		c.grade.Items = append(c.grade.Items, one)
		if one.Extra {
			extra.Add(extra, one.Points)
			continue
		}
		c.grade.Points.Add(c.grade.Points, one.Points)
		c.grade.OutOf.Add(c.grade.OutOf, one.OutOf)
	}
	c.total(extra)
	return c.grade
}

// None returns the grade of a submission without a result: it earns nothing, for one
// reason.
func None(r *rubric.Rubric, why string) Grade {
	g := Grade{Points: new(big.Rat), OutOf: r.Possible(), Notes: []string{why}}
	if r.OutOf != nil {
		g.OutOf = r.OutOf
	}
	for _, item := range r.Items {
		g.Items = append(g.Items, Item{Name: item.Name, Extra: item.Extra, Points: new(big.Rat), OutOf: item.Points})
	}
	return g
}

// Unknown returns the grade of a submission that could not be judged: a person decides.
func Unknown(r *rubric.Rubric, why string) Grade {
	g := None(r, "")
	g.Notes, g.Held = nil, []string{why}
	return g
}

type counter struct {
	rubric   *rubric.Rubric
	verdicts map[string]report.Requirement
	grade    Grade
	missed   map[string]bool
}

// item counts one line of the rubric.
func (c *counter) item(item rubric.Item) Item {
	one := Item{Name: item.Name, Extra: item.Extra, Points: new(big.Rat), OutOf: new(big.Rat)}
	counted, earned := new(big.Rat), new(big.Rat)
	var notes notes
	for _, id := range item.Covers {
		share := c.share(id, &notes)
		if share == nil {
			continue
		}
		weight := c.rubric.Weight(id)
		counted.Add(counted, weight)
		earned.Add(earned, share.Mul(share, weight))
	}
	one.Notes = notes.texts()
	if counted.Sign() > 0 {
		one.OutOf.Set(item.Points)
		one.Points.Mul(item.Points, earned.Quo(earned, counted))
	}
	return one
}

// share returns how much of a requirement is met, from 0 to 1; nil leaves it out.
func (c *counter) share(id string, notes *notes) *big.Rat {
	q, found := c.verdicts[id]
	zero, whole := new(big.Rat), big.NewRat(1, 1)
	switch {
	case q.Verdict == report.Pass, q.Verdict == report.Advice && q.Level == report.Must:
		return whole
	case q.Verdict == report.Fail, q.Verdict == report.Advice:
		c.miss(id)
		notes.add("not met", id)
		return zero
	case q.Verdict == report.NotApplicable:
		return c.notApplicable(id, notes)
	case q.Verdict == report.Error && c.rubric.OnError == rubric.LeaveOut:
		notes.add("could not be judged and left out", id)
		return nil
	case q.Verdict == report.Error:
		c.hold(id + " could not be judged")
		notes.add("could not be judged", id)
		return zero
	case q.Verdict == report.NotRun && q.Unreached:
		c.miss(id)
		notes.add("not reached", id)
		if !slices.Contains(c.grade.Notes, q.Found) {
			c.grade.Notes = append(c.grade.Notes, q.Found) // why
		}
		return zero
	case q.Verdict == report.NotRun && q.FixFirst != "":
		return c.behind(q, notes)
	}
	if found || !slices.Contains(c.grade.NotJudged, id) {
		c.grade.NotJudged = append(c.grade.NotJudged, id)
	}
	notes.add("not judged and left out", id)
	return nil
}

// notApplicable returns what a requirement earns that does not apply to the server.
func (c *counter) notApplicable(id string, notes *notes) *big.Rat {
	switch c.rubric.OnNotApplicable {
	case rubric.Hold:
		c.hold(id + " does not apply to this server")
	case rubric.EarnNothing:
		notes.add("does not apply to this server", id)
		return new(big.Rat)
	}
	return nil
}

// behind returns what a requirement earns that was not run because of another's failure.
func (c *counter) behind(q report.Requirement, notes *notes) *big.Rat {
	c.miss(q.ID)
	notes.add("not tested because "+q.FixFirst+" failed", q.ID)
	if c.rubric.OnNotRun == nil {
		c.hold(fmt.Sprintf("%s was not tested because %s failed", q.ID, q.FixFirst))
		return new(big.Rat)
	}
	return new(big.Rat).Set(c.rubric.OnNotRun)
}

func (c *counter) miss(id string) {
	if c.missed == nil {
		c.missed = map[string]bool{}
	}
	c.missed[id] = true
}

func (c *counter) hold(why string) {
	if !slices.Contains(c.grade.Held, why) {
		c.grade.Held = append(c.grade.Held, why)
	}
}

// total scales the points, adds the extra ones, and applies what is required.
func (c *counter) total(extra *big.Rat) {
	g, r := &c.grade, c.rubric
	if g.OutOf.Sign() == 0 {
		c.hold("nothing that earns points could be judged")
	}
	if r.OutOf != nil {
		if possible := r.Possible(); possible.Sign() > 0 {
			extra.Mul(extra, new(big.Rat).Quo(r.OutOf, possible))
		}
		if g.OutOf.Sign() > 0 {
			g.Points.Mul(g.Points, new(big.Rat).Quo(r.OutOf, g.OutOf))
		}
		g.OutOf.Set(r.OutOf)
	}
	g.Points.Add(g.Points, extra)
	for _, q := range r.Required {
		lacks := func(id string) bool { return c.missed[id] || c.requiredMiss(id) }
		if i := slices.IndexFunc(q.Covers, lacks); i >= 0 && g.Points.Cmp(q.Most) > 0 {
			g.Points.Set(q.Most)
			g.Notes = append(g.Notes, fmt.Sprintf("%s is required and not met: the grade is at most %s", q.Covers[i], Text(q.Most)))
		}
	}
	slices.Sort(g.NotJudged)
}

// requiredMiss reports whether a required requirement that earns no points is not met.
func (c *counter) requiredMiss(id string) bool {
	q := c.verdicts[id]
	if q.Verdict == report.Error && c.rubric.OnError == rubric.Hold {
		c.hold(id + " could not be judged")
	}
	return q.Verdict == report.Fail || q.Verdict == report.Advice && q.Level == report.Should || q.Verdict == report.NotRun && (q.Unreached || q.FixFirst != "")
}

// Text returns a number of points with at most two decimals.
func Text(points *big.Rat) string {
	text := strings.TrimRight(points.FloatString(2), "0")
	return strings.TrimSuffix(text, ".")
}

// Report returns the grade in the report's terms, with the title and text of the rubric.
func (g Grade) Report(r *rubric.Rubric) *report.Grade {
	to := &report.Grade{
		Title: r.Title, Text: r.Text, Points: number(g.Points), OutOf: number(g.OutOf), Held: g.Held, Notes: g.Notes, Items: []report.GradeItem{},
	}
	if len(g.NotJudged) > 0 {
		to.Notes = append(slices.Clone(g.Notes), "not judged and left out: "+strings.Join(g.NotJudged, ", "))
	}
	for _, i := range g.Items {
		to.Items = append(to.Items, report.GradeItem{Name: i.Name, Points: number(i.Points), OutOf: number(i.OutOf), Extra: i.Extra, Notes: i.Notes})
	}
	return to
}

func number(points *big.Rat) json.Number { return json.Number(Text(points)) }

// notes collects IDs by what is said of them.
type notes struct {
	said []string
	ids  map[string][]string
}

func (n *notes) add(what, id string) {
	if n.ids == nil {
		n.ids = map[string][]string{}
	}
	if len(n.ids[what]) == 0 {
		n.said = append(n.said, what)
	}
	n.ids[what] = append(n.ids[what], id)
}

func (n *notes) texts() []string {
	var list []string
	for _, what := range n.said {
		list = append(list, what+": "+strings.Join(n.ids[what], ", "))
	}
	return list
}
