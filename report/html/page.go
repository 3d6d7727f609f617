package html

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/picture"
)

// causesShown is how many causes are told in full; the others are folded.
const causesShown = 3

// A page is what the template shows.
type page struct {
	Style    template.CSS
	Result   report.Result
	Command  string
	Sign     string
	Sentence string
	Counts   []count
	First    []cause // what to mend, in full
	Others   []cause // further causes of failures
	Advice   []cause
	Chapters []chapter
	Findings []finding
	Passed   []passed
	// NotJudged are requirements that do not apply or were not run, by reason.
	NotJudged []reason
}

// A count is how many requirements have a verdict.
type count struct {
	Sign    string
	Verdict report.Verdict
	N       int
}

// A cause is something to mend, with links to the failures that it explains.
type cause struct {
	report.Cause
	Place string
	// Wrote is the end of the output of a server that has ended.
	Wrote string
	Fails []link
}

// A link leads to a finding; At is its place, and empty when it has none.
type link struct{ ID, At string }

// A chapter is a row of the table of chapters.
type chapter struct {
	report.Chapter
	Sign, Class string
	Judged      int
	Findings    []link
}

// Met returns how many of its requirements are met.
func (c chapter) Met() int { return c.Count(report.Pass) }

// Rest returns how many do not apply or were not run.
func (c chapter) Rest() int { return c.Count(report.NotApplicable, report.NotRun) }

// A passed is a requirement that is met.
type passed struct {
	report.Requirement
	Steps steps
}

// A reason is why some requirements have no verdict.
type reason struct {
	Why     string
	Verdict report.Verdict
	IDs     []string
}

// order is the order of the findings: what to mend first.
var order = []report.Verdict{report.Fail, report.Error, report.Advice}

func newPage(r report.Result, limit limits) (page, error) {
	sign := map[report.Outcome]report.Verdict{report.Conformant: report.Pass, report.Nonconformant: report.Fail}[r.Verdict]
	if sign == "" {
		sign = report.Error
	}
	p := page{
		Style: template.CSS(pageStyle + picture.Style), Result: r, Command: report.Line(r.Target.Name()),
		Sign: sign.Sign(), Sentence: r.OneLine(),
	}
	at := map[string]string{}
	for _, v := range order {
		for _, q := range r.Requirements {
			if q.Verdict == v {
				at[q.ID] = fmt.Sprintf("f%d", len(p.Findings)+1)
				p.Findings = append(p.Findings, newFinding(q, at[q.ID], r))
			}
		}
	}
	for _, v := range []report.Verdict{report.Pass, report.Fail, report.Advice, report.NotApplicable, report.Error, report.NotRun} {
		if n := r.Summary[v]; n > 0 {
			p.Counts = append(p.Counts, count{v.Sign(), v, n})
		}
	}
	p.addCauses(at)
	if len(p.First) == 0 && len(p.Findings) > 0 {
		p.Findings[0].Open = true
	}
	p.addChapters(at)
	p.addOthers()
	return p, p.draw(limit.scenes)
}

// addCauses divides the causes into what to mend first, other failures, and advice,
// and opens the finding that shows each of the first.
func (p *page) addCauses(at map[string]string) {
	for _, c := range p.Result.Explanations() {
		one := cause{Cause: c}
		if c.Where != nil {
			one.Place = c.Where.String()
		}
		if e := p.Result.Of(c.Requirements[0]).Evidence; e != nil && e.Ended != "" {
			one.Wrote = strings.TrimSpace(e.Output)
		}
		failed := false
		for _, id := range c.Requirements {
			one.Fails = append(one.Fails, link{id, at[id]})
			failed = failed || p.Result.Of(id).Verdict == report.Fail
		}
		switch {
		case failed && len(p.First) < causesShown:
			p.First = append(p.First, one)
			p.open(c.Requirements[0])
		case failed:
			p.Others = append(p.Others, one)
		default:
			p.Advice = append(p.Advice, one)
		}
	}
}

// open unfolds the finding of a requirement.
func (p *page) open(id string) {
	for i := range p.Findings {
		if p.Findings[i].ID == id {
			p.Findings[i].Open = true
		}
	}
}

func (p *page) addChapters(at map[string]string) {
	for _, c := range p.Result.Chapters() {
		if !c.Selected() {
			continue
		}
		row := chapter{
			Chapter: c, Sign: c.Worst().Sign(), Class: class(c.Worst()),
			Judged: c.Count(report.Pass, report.Fail, report.Advice, report.Error),
		}
		for _, v := range order {
			for _, q := range c.Requirements {
				if q.Verdict == v {
					_, slug, _ := strings.Cut(q.ID, "/")
					row.Findings = append(row.Findings, link{slug, at[q.ID]})
				}
			}
		}
		p.Chapters = append(p.Chapters, row)
	}
}

// addOthers adds what is met, what does not apply and what was not run.
func (p *page) addOthers() {
	for _, q := range p.Result.Requirements {
		switch q.Verdict {
		case report.Pass:
			p.Passed = append(p.Passed, passed{q, stepsOf(q.Done)})
		case report.NotApplicable, report.NotRun:
			same := func(r reason) bool { return r.Why == q.Found && r.Verdict == q.Verdict }
			i := slices.IndexFunc(p.NotJudged, same)
			if i < 0 {
				i = len(p.NotJudged)
				p.NotJudged = append(p.NotJudged, reason{Why: q.Found, Verdict: q.Verdict})
			}
			p.NotJudged[i].IDs = append(p.NotJudged[i].IDs, q.ID)
		}
	}
}

// draw adds the scenes, in the order of the findings, those that are unfolded first,
// until they take as many bytes as there is room for.
func (p *page) draw(room int) error {
	for _, open := range []bool{true, false} {
		for i := range p.Findings {
			f := &p.Findings[i]
			if f.Open != open || f.Evidence == nil || len(f.Evidence.Processes) == 0 {
				continue
			}
			scene := picture.From(f.Evidence)
			svg, err := picture.SVG(scene, f.At)
			if err != nil {
				return err
			}
			if size := len(svg) + tableSize(scene); size <= room {
				f.Scene, f.Picture = &scene, svg
				room -= size
			} else {
				f.NoRoom = true
			}
			if err := f.drawRight(&room); err != nil {
				return err
			}
		}
	}
	return nil
}
