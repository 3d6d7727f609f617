package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A chapter is what became of the requirements of one chapter.
type chapter struct {
	name string
	all  []Requirement
}

// chapters returns the chapters of a result in the order of the catalogue.
func chapters(r Result) []chapter {
	var list []chapter
	for _, q := range r.Requirements {
		name, _ := splitID(q.ID)
		if i := slices.IndexFunc(list, func(c chapter) bool { return c.name == name }); i >= 0 {
			list[i].all = append(list[i].all, q)
		} else {
			list = append(list, chapter{name, []Requirement{q}})
		}
	}
	return list
}

// count returns how many requirements have one of some verdicts.
func (c chapter) count(verdicts ...Verdict) int {
	n := 0
	for _, q := range c.all {
		if slices.Contains(verdicts, q.Verdict) {
			n++
		}
	}
	return n
}

// worst returns the verdict that the chapter's mark shows.
func (c chapter) worst() Verdict {
	for _, v := range []Verdict{Fail, Error, Advice, Pass, NotApplicable} {
		if c.count(v) > 0 {
			return v
		}
	}
	return NotRun
}

// names returns the requirements of the chapter with a verdict, without its name.
func (c chapter) names(v Verdict) []string {
	var list []string
	for _, q := range c.all {
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
	list := chapters(r)
	widest := 0
	for _, c := range list {
		widest = max(widest, utf8.RuneCountInString(c.name))
	}
	for _, c := range list {
		if c.count(NotRun) == len(c.all) && !slices.ContainsFunc(c.all, func(q Requirement) bool { return q.Unreached || q.FixFirst != "" }) {
			continue // none of it was selected
		}
		p.chapter(c, widest)
	}
}

func (p *page) chapter(c chapter, widest int) {
	v := c.worst()
	judged := c.count(Pass, Fail, Advice, Error)
	count := fmt.Sprintf("%2d of %d", c.count(Pass), judged)
	if judged == 0 {
		count = "none judged"
	}
	head := pad(c.name, widest+2) + pad(count, len("none judged")+2)
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
func (c chapter) rest(room int) string {
	var tail []string
	for _, v := range []Verdict{NotRun, NotApplicable} {
		if n := c.count(v); n > 0 {
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
