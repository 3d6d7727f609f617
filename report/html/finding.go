package html

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/picture"
)

// A finding is a requirement that is not met, or could not be judged.
type finding struct {
	report.Requirement
	Steps steps
	// At is its place on the page.
	At          string
	Sign, Class string
	Open        bool
	// Title of the cause that explains it; empty when none does.
	CauseTitle string
	// Repeat is the command that judges this requirement again.
	Repeat string
	Scene  *picture.Scene
	// Picture is the scene, drawn.
	Picture template.HTML
	// Right shows the reference at the same moment; nil when it is not known.
	Right *right
	// NoRoom says that its scene is left out, for the page is long enough.
	NoRoom bool
}

func newFinding(q report.Requirement, at string, r report.Result) finding {
	f := finding{Requirement: q, Steps: stepsOf(q.Done), At: at, Sign: q.Verdict.Sign(), Class: class(q.Verdict), Repeat: repeat(q.ID, r)}
	for _, c := range r.Causes {
		if c.ID == q.Cause {
			f.CauseTitle = c.Title
		}
		if c.Right != nil && c.Requirements[0] == q.ID {
			f.Right = newRight(*c.Right)
		}
	}
	return f
}

// A right is the reference beside a server with a defect.
type right struct {
	ID       string // of what it stands beside, for a screen reader
	evidence *report.Evidence
	Scene    *picture.Scene
	Picture  template.HTML
	// Lines are those of the difference between the two.
	Lines []diffLine
}

// A diffLine is a line of a unified diff.
type diffLine struct {
	Text  string
	Class string // add, del or empty
}

func newRight(r report.Right) *right {
	one := &right{evidence: r.Evidence}
	for line := range strings.Lines(r.Difference) {
		line = strings.TrimSuffix(line, "\n")
		class := ""
		switch {
		case line == "", strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "@@"):
			continue
		case line[0] == '+':
			class = "add"
		case line[0] == '-':
			class = "del"
		}
		one.Lines = append(one.Lines, diffLine{line, class})
	}
	return one
}

// drawRight draws the reference beside the server, where both are drawn and there is room.
func (f *finding) drawRight(room *int) error {
	if f.Right == nil || f.Right.evidence == nil || f.Scene == nil {
		return nil
	}
	scene := picture.From(f.Right.evidence)
	svg, err := picture.SVG(scene, f.At+"right")
	if err != nil {
		return err
	}
	if size := len(svg) + tableSize(scene); size <= *room {
		f.Right.ID, f.Right.Scene, f.Right.Picture = "the reference beside "+f.ID, &scene, svg
		*room -= size
	}
	return nil
}

// class returns the verdict as a name for the style.
func class(v report.Verdict) string {
	if v == report.NotApplicable {
		return "na"
	}
	return string(v)
}

// chaos is the chapter of random faults, which no catalogue has.
const chaos = "chaos/random-faults"

// repeat returns the command that judges a requirement again.
func repeat(id string, r report.Result) string {
	words := []string{"forkproof", "check", "--only", id}
	if id == chaos {
		words = []string{"forkproof", "check", "--chaos", "20", "--seed", fmt.Sprint(r.Environment.Seed)}
	}
	if r.Target.Model != "forking" {
		words = append(words, "--model", r.Target.Model)
	}
	switch {
	case r.Target.Dialogue != nil && r.Target.BuiltIn == "": // a built-in server has its own
		words = append(words, "--dialogue", r.Target.Dialogue.File)
	case r.Target.Dialogue == nil && r.Target.Protocol != "echo":
		words = append(words, "--protocol", r.Target.Protocol)
	}
	if r.Target.BuiltIn != "" {
		return report.CommandLine(append(words, "--target", r.Target.BuiltIn))
	}
	return report.CommandLine(append(append(words, "--"), r.Target.Command...))
}

// Of a long list of steps, the first and the last are shown.
const (
	firstSteps = 10
	lastSteps  = 4
)

// A steps is what forkproof did, numbered, in two parts if they are many.
type steps struct {
	First, Last []string
	// Left is how many between them are left out; From is the number of the step
	// after those.
	Left, From int
}

func stepsOf(done []string) steps {
	left := len(done) - firstSteps - lastSteps
	if left <= 1 {
		return steps{First: done}
	}
	from := len(done) - lastSteps
	return steps{First: done[:firstSteps], Last: done[from:], Left: left, From: from + 1}
}

// tableSize is about how many bytes the table of a scene takes on the page.
func tableSize(s picture.Scene) int {
	const head, row = 250, 100
	n := head
	for _, p := range s.Processes {
		n += head + row*len(p.Rows)
	}
	return n + row*len(s.Clients)
}
