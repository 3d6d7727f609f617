package book

import (
	"bytes"
	_ "embed" // the templates
	"errors"
	"fmt"
	"html/template"
	"sync"

	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/grade/score"
	"github.com/forkproof/forkproof/grade/store"
	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/html"
)

//go:embed student.tmpl
var studentText string

//go:embed style.css
var style string

var studentTemplate = template.Must(template.New("student").Parse(studentText))

// A studentPage is what the template of a student's page shows.
type studentPage struct {
	Style        template.CSS
	Course, Name string
	Grade        *report.Grade
	State        store.State
	LeftOut      []string
	Report       bool
	Build        bool
}

// Points returns the page with the points of a submission, as its student may see it.
func Points(row Row, r *rubric.Rubric) ([]byte, error) {
	g := score.Seen(r, row.Record.Result(), row.Grade).Grade
	if row.Record.State != store.Judged {
		g = row.Grade.Report(r)
	}
	p := studentPage{
		Style: template.CSS(style), Course: report.Line(r.Course), Name: report.Line(row.Name), Grade: inert(g), State: row.Record.State,
		Report: row.Record.State == store.Judged, Build: row.Record.Built,
	}
	for _, name := range row.Record.LeftOut {
		p.LeftOut = append(p.LeftOut, report.Line(name))
	}
	var b bytes.Buffer
	if err := studentTemplate.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("make the page of a submission: %w", err)
	}
	return b.Bytes(), nil
}

// inert returns a grade whose texts do nothing and can be seen.
func inert(g *report.Grade) *report.Grade {
	c := *g
	lines := func(texts []string) []string {
		var list []string
		for _, text := range texts {
			list = append(list, report.Line(text))
		}
		return list
	}
	c.Title, c.Text, c.Held, c.Notes, c.Items = report.Line(c.Title), report.Block(c.Text), lines(c.Held), lines(c.Notes), nil
	for _, i := range g.Items {
		i.Notes = lines(i.Notes)
		c.Items = append(c.Items, i)
	}
	return &c
}

// Report returns the page of a result, with as much as its student may see.
func Report(r *rubric.Rubric, result report.Result) ([]byte, error) {
	seen := score.Seen(r, result, score.Of(r, result))
	seen.Grade = nil // it is on a page of its own, which a new rubric changes
	var b bytes.Buffer
	if err := html.Write(&b, seen); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// WriteReports writes the report of each submission anew, as a new rubric shows it.
func WriteReports(f *store.Folder, rows []Row, r *rubric.Rubric) error {
	return atOnce(rows, func(row Row) error {
		if row.Record.State != store.Judged {
			return nil
		}
		result, _, err := f.Result(row.Name)
		if err != nil {
			return err
		}
		page, err := Report(r, result)
		if err != nil {
			return err
		}
		return f.WritePage(page, row.Name, "report.html")
	})
}

func writePages(f *store.Folder, rows []Row, r *rubric.Rubric) error {
	return atOnce(rows, func(row Row) error {
		page, err := Points(row, r)
		if err != nil {
			return err
		}
		return f.WritePage(page, row.Name, "index.html")
	})
}

// atOnce does something for each row, several at once: most of the time is spent waiting
// for the disk.
func atOnce(rows []Row, do func(Row) error) error {
	const workers = 8
	next := make(chan Row)
	failures := make(chan error, len(rows))
	var working sync.WaitGroup
	for range workers {
		working.Go(crash.Guarded(func() {
			for row := range next {
				failures <- do(row)
			}
		}))
	}
	for _, row := range rows {
		next <- row
	}
	close(next)
	working.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			return errors.Join(err) // the first tells enough
		}
	}
	return nil
}
