package report

import (
	"fmt"
	"slices"
	"strings"
)

const (
	wordColumn  = 2
	slugColumn  = 13
	titleColumn = 40
	// roomy is the least width at which a title is beside its slug; on a narrower
	// page it is below.
	roomy = 80
)

func (p *page) titleColumn() int {
	if p.width() < roomy {
		return slugColumn
	}
	return titleColumn
}

// heading opens a chapter.
func (p *page) heading(chapter string) {
	p.blank()
	p.one(cell{text: chapter})
}

// verdict prints the line of one requirement: mark and word, slug, title; for
// anything but a pass, what was found.
func (p *page) verdict(r Requirement) {
	_, slug := splitID(r.ID)
	title := r.Title
	if p.full && r.DurationMS > 0 {
		title += fmt.Sprintf(" (%s)", duration(r.DurationMS))
	}
	p.line(p.titleColumn(), title,
		cell{text: strings.Repeat(" ", wordColumn)},
		cell{pad(p.markOf(r.Verdict), slugColumn-wordColumn), marks[r.Verdict].color},
		cell{text: slug})
	if r.Verdict != Pass && r.Found != "" {
		p.line(slugColumn, r.Found)
	}
	if p.full && !hasDetail(r.Verdict) {
		p.steps("", r.Done)
		p.evidence(r.Evidence)
	}
}

// hasDetail reports whether the end of the report has details of a requirement.
func hasDetail(v Verdict) bool { return v == Fail || v == Error || v == Advice }

// quiet prints the sentence of each cause, what could not be judged, and nothing else.
func (p *page) quiet(r Result) {
	for _, c := range r.Explanations() {
		if slices.ContainsFunc(c.Requirements, func(id string) bool { return r.Of(id).Verdict == Fail }) {
			p.one(cell{p.markOf(Fail), marks[Fail].color}, cell{text: "  " + c.Title + "  " + c.Requirements[0]})
		}
	}
	for _, q := range r.Requirements {
		if q.Verdict == Error {
			p.one(cell{p.markOf(Error), marks[Error].color}, cell{text: "  " + q.ID + "  " + q.Found})
		}
	}
}

// details prints all about the requirements that a person has to look at, the failures
// first.
func (p *page) details(r Result) {
	for _, v := range []Verdict{Fail, Error, Advice} {
		for _, q := range r.Requirements {
			if q.Verdict == v {
				p.blank()
				p.detail(q)
			}
		}
	}
}

// fewNotRun is the number of requirements with one reason that are listed one by one.
const fewNotRun = 3

// notRun prints requirements that were not run for the same reason. It counts them
// if they are many: a long list would hide the rest.
func (p *page) notRun(list []Requirement) {
	mark := cell{pad(p.markOf(NotRun), slugColumn-wordColumn), marks[NotRun].color}
	indent := cell{text: strings.Repeat(" ", wordColumn)}
	if len(list) > fewNotRun && !p.full {
		p.line(slugColumn, fmt.Sprintf("%d requirements: %s", len(list), list[0].Found), indent, mark)
		return
	}
	for _, r := range list {
		p.line(p.titleColumn(), r.Found, indent, mark, cell{text: r.ID})
	}
}

// counts prints how many requirements have which verdict.
func (p *page) counts(r Result) {
	parts := make([]string, 0, len(verdicts()))
	for _, v := range verdicts() {
		if n := r.Summary[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	p.line(0, fmt.Sprintf("%s: %s; %s", plural(len(r.Requirements), "requirement"), strings.Join(parts, ", "), duration(r.DurationMS)))
}

// duration returns milliseconds in words.
func duration(ms float64) string {
	if ms < 1000 {
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", ms/1000)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
