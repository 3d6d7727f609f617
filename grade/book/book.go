// Package book writes the grades of a class: for a course system, for the teacher and
// for each student. It counts points from the records in a folder of results, and runs
// no server. The same records and rubric give the same bytes.
package book

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/grade/score"
	"github.com/forkproof/forkproof/grade/store"
	"github.com/forkproof/forkproof/report"
)

// A Status says whether a submission has a grade.
type Status string

const (
	// Graded: the grade stands. It is 0 where the state of the submission says why.
	Graded Status = "graded"
	// Held: a person has to decide.
	Held Status = "held"
)

// A Row is one submission.
type Row struct {
	Name   string
	Record store.Record
	Grade  score.Grade
}

// Rows returns a row for each submission of a folder, by name.
func Rows(f *store.Folder, r *rubric.Rubric) ([]Row, error) {
	batch, found, err := f.Batch()
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("the results %s: forkproof grade has written none there", store.Quoted(f.Dir()))
	}
	rows := make([]Row, 0, len(batch.Names))
	for _, name := range batch.Names {
		record, found, err := f.Record(name)
		if err != nil {
			return nil, err
		}
		if !found {
			record = store.Record{Name: name, State: store.NotJudged, Reason: "it was not judged yet"}
		}
		rows = append(rows, NewRow(record, r))
	}
	return rows, nil
}

// NewRow returns the row of a record.
func NewRow(record store.Record, r *rubric.Rubric) Row {
	row := Row{Name: record.Name, Record: record}
	switch record.State {
	case store.Judged:
		row.Grade = score.Of(r, record.Result())
	case store.NotJudged:
		row.Grade = score.Unknown(r, "forkproof could not judge it")
	case store.NotStarted:
		row.Grade = notStarted(record, r)
	default:
		row.Grade = score.None(r, record.Reason)
	}
	return row
}

// notStarted returns the grade of a program that cannot be started. Where its replies are
// learnt, the reason may be that they cannot be, which is no mistake: a person decides.
func notStarted(record store.Record, r *rubric.Rubric) score.Grade {
	if r.Protocol == "learned" {
		return score.Unknown(r, record.Reason)
	}
	return score.None(r, record.Reason)
}

// Status returns whether the grade stands.
func (r Row) Status() Status {
	if len(r.Grade.Held) > 0 {
		return Held
	}
	return Graded
}

// Points returns the points as a text; empty if the submission is held.
func (r Row) Points() string {
	if r.Status() == Held {
		return ""
	}
	return score.Text(r.Grade.Points)
}

// Why says what a person should know of the grade.
func (r Row) Why() string {
	parts := append(append([]string{}, r.Grade.Held...), r.Grade.Notes...)
	if len(r.Grade.NotJudged) > 0 {
		parts = append(parts, "not judged: "+strings.Join(r.Grade.NotJudged, ", "))
	}
	return strings.Join(parts, "; ")
}

// Gradebook returns gradebook.csv: a header and a row for each submission. The points
// of the rubric's lines follow the grade, each in a column of its own.
func Gradebook(rows []Row, r *rubric.Rubric) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := []string{"submission", "status", "result", "grade", "out of", "remarks"}
	for _, item := range r.Items {
		header = append(header, item.Name)
	}
	list := [][]string{header}
	for _, row := range rows {
		cells := []string{
			inertCell(row.Name), string(row.Status()), string(row.Record.State), row.Points(), score.Text(row.Grade.OutOf), inertCell(row.Why()),
		}
		for _, item := range row.Grade.Items {
			cells = append(cells, score.Text(item.Points))
		}
		list = append(list, cells)
	}
	if err := w.WriteAll(list); err != nil {
		return nil, fmt.Errorf("make the gradebook: %w", err)
	}
	return b.Bytes(), nil
}

// inertCell returns a text as a spreadsheet shows it and does not compute it: one that
// begins as a formula gets an apostrophe.
func inertCell(text string) string {
	line := report.Line(text)
	if line != "" && strings.ContainsRune("=+-@", rune(line[0])) {
		return "'" + line
	}
	return line
}

// Write writes the grades into a folder: the gradebook, the page of the class, and a
// page for each submission. It returns the rows.
func Write(f *store.Folder, r *rubric.Rubric) ([]Row, error) {
	rows, err := Rows(f, r)
	if err != nil {
		return nil, err
	}
	gradebook, err := Gradebook(rows, r)
	if err != nil {
		return nil, err
	}
	class, err := Class(rows, r)
	if err != nil {
		return nil, err
	}
	if err := writePages(f, rows, r); err != nil {
		return nil, err
	}
	if err := f.Write(gradebook, "gradebook.csv"); err != nil {
		return nil, err
	}
	return rows, f.Write(class, "class.html")
}
