package report

import (
	"fmt"
	"strings"
)

// detailColumn is where the text beside a label begins.
const detailColumn = 13

// detail prints everything about one requirement that is not met or could not be
// judged.
func (p *page) detail(r Requirement) {
	p.one(cell{p.markOf(r.Verdict), marks[r.Verdict].color}, cell{text: "  " + r.ID + "  "}, cell{string(r.Level), dim})
	p.line(2, "the server "+r.Title, cell{text: "  "})
	p.blank()
	p.steps("Done", r.Done)
	p.labelled("Expected", r.Expected)
	p.labelled("Found", r.Found)
	p.evidence(r.Evidence)
	p.labelled("Diagnosis", r.Diagnosis)
	if r.Rule == "" {
		p.labelled("Source", r.Source)
	} else {
		p.labelled("Rule", r.Rule+" — "+r.Source)
	}
	p.labelled("Hint", r.Hint)
}

// labelled prints text beside its label, or nothing when there is none.
func (p *page) labelled(label, text string) {
	if text != "" {
		p.line(detailColumn, text, cell{"  " + label, dim})
	}
}

// Of a long list of steps, the first and the last are shown.
const (
	firstSteps = 10
	lastSteps  = 4
)

// steps prints the steps, numbered, beside a label.
func (p *page) steps(label string, done []string) {
	number := len(fmt.Sprint(len(done))) // columns of the highest number
	left := len(done) - firstSteps - lastSteps
	short := !p.full && left > 1
	for i, step := range done {
		if short && i >= firstSteps && i < firstSteps+left {
			if i == firstSteps {
				p.line(detailColumn, fmt.Sprintf("… %d more", left))
			}
			continue
		}
		p.line(detailColumn+number+2, step,
			cell{pad("  "+label, detailColumn), dim}, cell{text: fmt.Sprintf("%*d.", number, i+1)})
		label = ""
	}
}

// CommandLine returns an argument vector in the syntax of a shell.
func CommandLine(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = shellWord(arg)
	}
	return strings.Join(words, " ")
}

// shellWord quotes a word unless a shell would take it literally.
func shellWord(word string) string {
	odd := func(r rune) bool {
		return !strings.ContainsRune("%+,-./:=@_{}", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	if word != "" && strings.IndexFunc(word, odd) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Message returns everything about one requirement as plain text. What the server wrote is
// escaped.
func Message(q Requirement) string {
	var p page
	p.detail(q)
	return p.b.String()
}
