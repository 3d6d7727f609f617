package report

import (
	"io"
	"strings"
	"unicode/utf8"
)

// An Entry is one requirement of the catalogue, as forkproof explain prints it.
type Entry struct {
	// ID is chapter/slug.
	ID    string
	Level Level
	// Title completes "the server …".
	Title string
	// Rule is what its source demands; Why says what goes wrong without it.
	Rule, Why string
	// Source is where to read the rule.
	Source string
	// Provoked says how forkproof provokes the case.
	Provoked string
	// Hint says what to change in a server that fails.
	Hint string
	// BuildsOn are the requirements that a server has to meet before it can be judged
	// by this one.
	BuildsOn []string
	// Applies names the servers that it applies to: "forking servers".
	Applies string
}

// WriteEntry explains one requirement. The error is that of the write.
func WriteEntry(w io.Writer, e Entry, s Style) error {
	p := page{Style: s}
	p.one(cell{text: e.ID}, cell{"  " + string(e.Level), dim})
	p.line(2, "the server "+e.Title, cell{text: "  "})
	p.blank()
	for _, part := range [][2]string{
		{"Rule", e.Rule}, {"Source", e.Source}, {"Why", e.Why},
		{"Provoked", e.Provoked}, {"Hint", e.Hint}, {"Builds on", strings.Join(e.BuildsOn, ", ")},
		{"Applies to", e.Applies},
	} {
		p.labelled(part[0], part[1])
	}
	return p.writeTo(w)
}

// WriteList lists requirements in the given order, with a heading wherever the
// chapter changes. The error is that of the write.
func WriteList(w io.Writer, list []Entry, s Style) error {
	p := page{Style: s}
	const levelColumn = len(Should) + 2
	widest := 0
	for _, e := range list {
		widest = max(widest, utf8.RuneCountInString(e.ID))
	}
	last := ""
	for i, e := range list {
		chapter, _ := splitID(e.ID)
		if i > 0 && chapter != last {
			p.blank()
		}
		last = chapter
		p.line(widest+2+levelColumn, e.Title, cell{text: pad(e.ID, widest+2)}, cell{string(e.Level), dim})
		if len(e.BuildsOn) > 0 {
			p.line(widest+2+levelColumn, "builds on "+strings.Join(e.BuildsOn, ", "))
		}
	}
	return p.writeTo(w)
}

// A BuiltIn is one server that forkproof ships.
type BuiltIn struct {
	// Name is what forkproof serve takes.
	Name string
	// Kind groups the servers: reference, good, bad.
	Kind string
	// Breaks are the IDs of the requirements that it fails, if any.
	Breaks []string
	// Why says what it does wrong, or what is special about it.
	Why string
}

// WriteTargets lists built-in servers in the given order, with a heading
// wherever the kind changes. The error is that of the write.
func WriteTargets(w io.Writer, list []BuiltIn, s Style) error {
	p := page{Style: s}
	widest := 0
	for _, b := range list {
		widest = max(widest, utf8.RuneCountInString(b.Name))
	}
	column := widest + 4
	for i, b := range list {
		if i == 0 || b.Kind != list[i-1].Kind {
			if i > 0 {
				p.blank()
			}
			p.one(cell{text: b.Kind})
		}
		p.line(column, b.Why, cell{text: "  " + b.Name})
		if len(b.Breaks) > 0 {
			p.line(column, "breaks "+strings.Join(b.Breaks, ", "))
		}
	}
	return p.writeTo(w)
}
