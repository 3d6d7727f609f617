// Package page writes a life as a page to step through: the calls at the left, at the
// right the processes as boxes, and what a step has changed lit up. It is one file that
// loads nothing. Without JavaScript all steps stand one below the other.
package page

import (
	"bytes"
	_ "embed" // the template, the style and the script
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/life"
	"github.com/forkproof/forkproof/report/picture"
)

var (
	//go:embed page.tmpl
	pageText string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string
)

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// What a page holds at most, so that it opens at once. The JSON file holds all.
const (
	mostSteps    = 1500
	mostPictures = 3 << 20 // bytes of all pictures
)

// A view is what the template shows.
type view struct {
	Style   template.CSS
	Script  template.JS
	Life    *life.Life
	Command string
	Steps   []step
	// Left out says how many steps the page does not hold.
	LeftOut int
}

// A step is one line at the left, and what is at the right after it.
type step struct {
	N         int
	Time      string
	Who, What string
	Class     string
	Place     string
	// Picture is that of this step; empty when it has changed nothing: that of Same is
	// shown then.
	Picture template.HTML
	Same    int
	// Table is the same as text.
	Table []string
}

// Write writes a life as a page.
func Write(w io.Writer, l *life.Life) error {
	v := view{
		Style: template.CSS(pageStyle + picture.Style), Script: template.JS(pageScript), //nolint:gosec // files of ours
		Life: heading(l), Command: l.Title(),
	}
	room := mostPictures
	shown := 0
	replay := life.NewReplay(l)
	for {
		s, more := replay.Next()
		if !more {
			break
		}
		if len(v.Steps) == mostSteps || room <= 0 {
			v.LeftOut = len(l.Steps) - len(v.Steps)
			break
		}
		one := newStep(l, s, len(v.Steps)+1)
		if len(s.Changes) > 0 || shown == 0 || s.PID != 0 {
			svg, err := draw(replay, s, one.N)
			if err != nil {
				return err
			}
			one.Picture, shown = svg, one.N
			room -= len(svg)
		}
		one.Same = shown
		v.Steps = append(v.Steps, one)
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		return fmt.Errorf("make the page: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

func newStep(l *life.Life, s life.Step, n int) step {
	one := step{N: n, Time: fmt.Sprintf("%.1f ms", float64(s.AtUS)/1000), What: report.Line(s.Text), Class: string(s.Kind)}
	switch {
	case s.PID != 0:
		p, _ := l.Process(s.PID)
		one.Who = report.Line(l.Name(s.PID))
		one.Class += " " + p.Role
	case s.Client != "":
		one.Who = report.Line(s.Client)
		one.What = strings.TrimPrefix(one.What, one.Who+" ")
	}
	if s.Errno != "" {
		one.Class += " failed"
	}
	if s.Place != nil {
		one.Place = report.Line(s.Place.String())
	}
	return one
}

// draw draws the processes after a step.
func draw(r *life.Replay, s life.Step, n int) (template.HTML, error) {
	e := r.Evidence()
	for i := range e.Processes {
		p := &e.Processes[i]
		for _, c := range s.Changes {
			if c.PID == p.PID && c.Closed {
				p.Descriptors = append(p.Descriptors, report.Descriptor{
					FD: c.FD, What: c.What, Kind: "closed", Client: c.Client,
				})
			}
		}
		slices.SortStableFunc(p.Descriptors, func(a, b report.Descriptor) int { return a.FD - b.FD })
	}
	scene := picture.From(inert(e))
	scene.Mark(func(pid, fd int) picture.Mark {
		mark := picture.Unmarked
		for _, c := range s.Changes {
			switch {
			case c.PID != pid || fd < 0 && c.State == "" || fd >= 0 && (c.State != "" || c.FD != fd):
			case c.Closed:
				return picture.Closed
			default:
				mark = picture.New
			}
		}
		if fd < 0 && mark == picture.Unmarked && s.PID == pid {
			return picture.Acts
		}
		return mark
	})
	return picture.SVG(scene, fmt.Sprintf("s%d", n))
}

// heading returns what the page says of the whole life, as text that does nothing.
func heading(l *life.Life) *life.Life {
	h := &life.Life{
		Tool: report.Tool{Version: report.Line(l.Tool.Version)}, Address: report.Line(l.Address), Scenario: report.Line(l.Scenario),
		Left: report.Line(l.Left), Verdict: l.Verdict, Found: report.Line(l.Found),
	}
	for _, note := range l.Notes {
		h.Notes = append(h.Notes, report.Line(note))
	}
	return h
}

// inert makes every text one that a reader can see and that does nothing.
func inert(e *report.Evidence) *report.Evidence {
	for i := range e.Processes {
		for j := range e.Processes[i].Descriptors {
			d := &e.Processes[i].Descriptors[j]
			d.What, d.Client = report.Line(d.What), report.Line(d.Client)
		}
	}
	return e
}
