package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Chapter is what became of the requirements of one chapter.
type Chapter struct {
	Name         string
	Requirements []Requirement
}

// Chapters returns the chapters of a result in the order of the catalogue.
func (r Result) Chapters() []Chapter {
	var list []Chapter
	for _, q := range r.Requirements {
		name, _ := splitID(q.ID)
		if i := slices.IndexFunc(list, func(c Chapter) bool { return c.Name == name }); i >= 0 {
			list[i].Requirements = append(list[i].Requirements, q)
		} else {
			list = append(list, Chapter{name, []Requirement{q}})
		}
	}
	return list
}

// Count returns how many requirements have one of some verdicts.
func (c Chapter) Count(verdicts ...Verdict) int {
	n := 0
	for _, q := range c.Requirements {
		if slices.Contains(verdicts, q.Verdict) {
			n++
		}
	}
	return n
}

// Selected reports whether any of the chapter was selected.
func (c Chapter) Selected() bool {
	return slices.ContainsFunc(c.Requirements, func(q Requirement) bool {
		return q.Verdict != NotRun || q.Unreached || q.FixFirst != ""
	})
}

// Worst returns the verdict that the chapter's mark shows.
func (c Chapter) Worst() Verdict {
	for _, v := range []Verdict{Fail, Error, Advice, Pass, NotApplicable} {
		if c.Count(v) > 0 {
			return v
		}
	}
	return NotRun
}

// names returns the requirements of the chapter with a verdict, without its name.
func (c Chapter) names(v Verdict) []string {
	var list []string
	for _, q := range c.Requirements {
		if q.Verdict == v {
			_, slug := splitID(q.ID)
			list = append(list, slug)
		}
	}
	return list
}

// chapters prints a line for each chapter: how many of its requirements are met, and
// what is not.
func (p *page) chapters(r Result) {
	list := r.Chapters()
	widest := 0
	for _, c := range list {
		widest = max(widest, utf8.RuneCountInString(c.Name))
	}
	for _, c := range list {
		if !c.Selected() {
			continue // none of it was selected
		}
		p.chapter(c, widest)
	}
}

func (p *page) chapter(c Chapter, widest int) {
	v := c.Worst()
	judged := c.Count(Pass, Fail, Advice, Error)
	count := fmt.Sprintf("%2d of %d", c.Count(Pass), judged)
	if judged == 0 {
		count = "none judged"
	}
	head := pad(c.Name, widest+2) + pad(count, len("none judged")+2)
	mark, _, _ := strings.Cut(p.markOf(v), " ")
	cells := []cell{{"  " + mark + " ", marks[v].color}, {text: head}}
	room := p.width() - utf8.RuneCountInString(head) - 4
	if text := c.rest(room); text != "" {
		cells = append(cells, cell{text: text})
	}
	p.one(cells...)
}

// rest names what of the chapter is not met, as far as there is room, and counts the
// others.
func (c Chapter) rest(room int) string {
	var tail []string
	for _, v := range []Verdict{NotRun, NotApplicable} {
		if n := c.Count(v); n > 0 {
			tail = append(tail, fmt.Sprintf("%d %s", n, v))
		}
	}
	end := strings.Join(tail, ", ")
	var heads []string
	for _, v := range []Verdict{Fail, Error, Advice} {
		for i, name := range c.names(v) {
			if i == 0 {
				name = string(v) + ": " + name
			}
			heads = append(heads, name)
		}
	}
	for n := len(heads); n >= 0; n-- {
		text := strings.Join(heads[:n], ", ")
		if more := len(heads) - n; more > 0 {
			text = strings.TrimPrefix(fmt.Sprintf("%s, %d more", text, more), ", ")
		}
		if end != "" && text != "" {
			text += "; " + end
		} else {
			text += end
		}
		if utf8.RuneCountInString(text) <= room {
			return text
		}
	}
	return ""
}

// A Grade is what a server earns by a rubric.
type Grade struct {
	// Title names the assignment.
	Title string `json:"title,omitempty"`
	// Text is what the rubric says to students.
	Text string `json:"text,omitempty"`
	// Points are those earned, of OutOf; exact, with at most two decimals.
	Points json.Number `json:"points"`
	OutOf  json.Number `json:"out_of"`
	// Held says why a person has to decide; empty if the grade stands.
	Held []string `json:"held,omitempty"`
	// Notes are what else has an effect on the points.
	Notes []string    `json:"notes,omitempty"`
	Items []GradeItem `json:"items"`
}

// A GradeItem is one line of the rubric.
type GradeItem struct {
	Name   string      `json:"name"`
	Points json.Number `json:"points"`
	OutOf  json.Number `json:"out_of"`
	// Extra says that the points are beyond the possible ones.
	Extra bool `json:"extra,omitempty"`
	// Notes say what cost points.
	Notes []string `json:"notes,omitempty"`
}

// OfPoints returns what was earned of what, in words.
func (i GradeItem) OfPoints() string {
	of := fmt.Sprintf("%s of %s", i.Points, i.OutOf)
	if i.Extra {
		of += " extra"
	}
	return of
}

// Sum returns the points of the whole, in words.
func (g Grade) Sum() string { return fmt.Sprintf("%s of %s points", g.Points, g.OutOf) }

// grade prints the points that a server earns.
func (p *page) grade(g *Grade) {
	if g == nil {
		return
	}
	p.blank()
	p.one(cell{text: strings.TrimSuffix("Points: "+g.Title, ": ")})
	name, points := 0, 0
	for _, i := range g.Items {
		name, points = max(name, utf8.RuneCountInString(i.Name)), max(points, len(i.OfPoints()))
	}
	for _, i := range g.Items {
		p.line(name+points+6, strings.Join(i.Notes, "; "), cell{text: "  " + pad(i.Name, name+2)}, cell{text: pad(i.OfPoints(), points+2)})
	}
	p.one(cell{text: "  " + pad("all", name+2) + g.Sum()})
	for _, note := range g.Notes {
		p.line(2, note, cell{text: "  "})
	}
	for _, why := range g.Held {
		p.line(8, why, cell{"  held: ", yellow})
	}
}
