package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// At most so many causes are told in full, and so many in a line each.
const (
	causesShown = 3
	linesShown  = 6
	// errorLines is how many lines one reason for no verdict may take.
	errorLines = 6
)

// The lines that one part of a cause may take. The result file holds all of it.
const (
	titleLines  = 2
	foundLines  = 3
	changeLines = 3
	ruleLines   = 3
	outputLines = 3
)

// causeColumn is where the text beside a label of a cause begins.
const causeColumn = 13

// start tells what to mend first: at most three causes in full, and the others in a
// line each.
func (p *page) start(r Result) {
	first, others := p.split(r)
	if len(first) > 0 {
		p.blank()
		p.one(cell{text: "Start here"})
	}
	for i, c := range first {
		p.cause(i+1, c, r)
	}
	if len(others) > 0 {
		p.blank()
		p.one(cell{text: rest(first)})
	}
	for i, line := range others {
		if i == linesShown && len(others) > linesShown+1 {
			p.one(cell{text: fmt.Sprintf("  and %d more: -v prints them", len(others)-linesShown)})
			break
		}
		p.capped(4, line.text, line.lines, cell{"  " + line.sign + " ", line.color})
	}
}

// WriteStart writes what to mend first, as the text of a result does: at most three
// causes in full, and the others in a line each. It writes nothing when nothing is wrong.
func WriteStart(w io.Writer, r Result, s Style) error {
	p := page{Style: s}
	p.start(r)
	return p.writeTo(w)
}

// rest is the heading over what is told in a line each.
func rest(first []Cause) string {
	if len(first) > 0 {
		return "The rest"
	}
	return "Notes"
}

// A note is a line of the rest.
type note struct {
	sign  string
	color color
	text  string
	lines int // at most
}

// split returns the causes of failures to tell in full, and lines about the others,
// about advice and about what could not be judged.
func (p *page) split(r Result) (first []Cause, others []note) {
	sign := func(v Verdict) string { s, _, _ := strings.Cut(p.markOf(v), " "); return s }
	for _, c := range r.Explanations() {
		v := Advice
		if r.Fails(c) {
			v = Fail
		}
		if v == Fail && len(first) < causesShown {
			first = append(first, c)
			continue
		}
		others = append(others, note{sign(v), marks[v].color, c.Title + " (" + strings.Join(shortened(c.Requirements, 2), ", ") + ")", titleLines})
	}
	var errors []Requirement
	for _, q := range r.Requirements {
		if q.Verdict == Error {
			errors = append(errors, q)
		}
	}
	for len(errors) > 0 { // those of one reason together
		same := slices.DeleteFunc(slices.Clone(errors), func(q Requirement) bool { return q.Found != errors[0].Found })
		text := errors[0].ID
		if len(same) > 1 {
			text = plural(len(same), "requirement")
		}
		why := errors[0].Found
		if errors[0].Diagnosis != "" {
			why += ": " + errors[0].Diagnosis
		}
		others = append(others, note{sign(Error), marks[Error].color, text + " could not be judged: " + why, errorLines})
		errors = slices.DeleteFunc(errors, func(q Requirement) bool { return q.Found == same[0].Found })
	}
	return first, others
}

// shortened returns the first n of some names, and how many more there are.
func shortened(names []string, n int) []string {
	if len(names) <= n+1 {
		return names
	}
	return append(slices.Clone(names[:n]), fmt.Sprintf("and %d more", len(names)-n))
}

// cause tells one cause in full.
func (p *page) cause(n int, c Cause, r Result) {
	p.capped(5, c.Title, titleLines, cell{fmt.Sprintf("  %d. ", n), red})
	p.beside("Seen", c.Found, foundLines)
	if c.Where != nil {
		p.beside("Where", c.Where.String(), 1)
	}
	p.lastWords(r.Of(c.Requirements[0]))
	p.beside("Change", c.Hint, changeLines)
	if c.Rule != "" {
		p.beside("Rule", c.Rule+" — "+c.Source, ruleLines)
	}
	p.beside("Fails", fails(c), titleLines)
}

// fails says what a cause explains.
func fails(c Cause) string {
	names := strings.Join(shortened(c.Requirements, 3), ", ")
	if c.Explains == 1 {
		return names
	}
	return fmt.Sprintf("%d requirements: %s", c.Explains, names)
}

// String returns a place as debuggers print it: "main (server.c:37)".
func (w Place) String() string {
	switch {
	case w.File == "":
		return w.Function
	case w.Function == "":
		return fmt.Sprintf("%s:%d", w.File, w.Line)
	}
	return fmt.Sprintf("%s (%s:%d)", w.Function, w.File, w.Line)
}

// lastWords quotes the end of what a server wrote that has ended.
func (p *page) lastWords(q Requirement) {
	if q.Evidence == nil || q.Evidence.Ended == "" || strings.TrimSpace(q.Evidence.Output) == "" {
		return
	}
	lines := strings.Split(strings.TrimRight(q.Evidence.Output, "\r\n"), "\n")
	lines = lines[max(len(lines)-outputLines, 0):]
	for i, line := range lines {
		label := ""
		if i == 0 {
			label = "It wrote"
		}
		p.capped(causeColumn+2, line, 1, cell{pad("     "+label, causeColumn), dim}, cell{text: "| "})
	}
}

func (p *page) beside(label, text string, lines int) {
	if text != "" {
		p.capped(causeColumn, text, lines, cell{pad("     "+label, causeColumn), dim})
	}
}

// capped is line for text that takes at most so many lines. What does not fit is cut
// after a word, and an ellipsis stands for it.
func (p *page) capped(column int, text string, lines int, cells ...cell) {
	width := max(p.width()-column, narrowest)
	wrapped := wrap(p.plain(strings.ReplaceAll(text, "\t", "    ")), width)
	if len(wrapped) > lines {
		last := wrapped[lines-1]
		for ellipsis := p.plain("…"); utf8.RuneCountInString(last+" "+ellipsis) > width; {
			i := strings.LastIndexByte(last, ' ')
			if i < 0 {
				last = chop(last, width-4)[0]
				break
			}
			last = last[:i]
		}
		wrapped = append(wrapped[:lines-1:lines-1], last+" …")
	}
	p.line(column, strings.Join(wrapped, " "), cells...)
}
