package book

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/grade/score"
	"github.com/forkproof/forkproof/report"
)

// longestName is how much of a name a table shows, longestWhy of a remark.
const (
	longestName = 32
	longestWhy  = 100
)

// WriteTable writes the table that grade ends with: a line for each submission, then
// which are held.
func WriteTable(w io.Writer, rows []Row, r *rubric.Rubric) error {
	var b strings.Builder
	width := len("submission")
	for _, row := range rows {
		width = max(width, utf8.RuneCountInString(shortened(report.Line(row.Name), longestName)))
	}
	fmt.Fprintf(&b, "%-*s  %10s  %s\n", width, "submission", "grade", "remarks")
	var held []string
	for _, row := range rows {
		name := shortened(report.Line(row.Name), longestName)
		points := row.Points()
		if row.Status() == Held {
			points = string(Held)
			held = append(held, name)
		}
		line := fmt.Sprintf("%-*s  %10s  %s", width, name, points, shortened(report.Line(row.Why()), longestWhy))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	fmt.Fprintf(&b, "\n%s, grades out of %s\n", counted(len(rows)), score.Text(outOf(r)))
	if len(held) > 0 {
		fmt.Fprintf(&b, "held for a person: %s\n", strings.Join(held, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// A Change is a submission whose grade is another one.
type Change struct {
	Name, Before, After string
	// Why names the lines of the rubric that earn other points, or what else changed.
	Why []string
}

// Changes returns whose grade differs between two sets of rows, and why. Rows that only
// one of them has are not compared.
func Changes(before, after []Row) []Change {
	old := map[string]Row{}
	for _, row := range before {
		old[row.Name] = row
	}
	var list []Change
	for _, row := range after {
		was, found := old[row.Name]
		if !found || gradeText(was) == gradeText(row) {
			continue
		}
		list = append(list, Change{Name: row.Name, Before: gradeText(was), After: gradeText(row), Why: reasons(was, row)})
	}
	return list
}

// gradeText returns a grade with what it is out of.
func gradeText(row Row) string {
	text := score.Text(row.Grade.Points) + " of " + score.Text(row.Grade.OutOf)
	if row.Status() == Held {
		return "held, " + text + " so far"
	}
	return text
}

func reasons(was, row Row) []string {
	var list []string
	old := map[string]score.Item{}
	for _, item := range was.Grade.Items {
		old[item.Name] = item
	}
	text := func(i score.Item) string { return score.Text(i.Points) + " of " + score.Text(i.OutOf) }
	for _, item := range row.Grade.Items {
		before, found := old[item.Name]
		delete(old, item.Name)
		switch {
		case !found:
			list = append(list, fmt.Sprintf("%s is new: %s", item.Name, text(item)))
		case text(before) != text(item):
			list = append(list, fmt.Sprintf("%s: %s, was %s", item.Name, text(item), text(before)))
		}
	}
	for _, item := range was.Grade.Items {
		if _, gone := old[item.Name]; gone {
			list = append(list, fmt.Sprintf("%s is gone, was %s", item.Name, text(item)))
		}
	}
	if a, b := was.Why(), row.Why(); a != b {
		if b == "" {
			b = "no remark any more: " + a
		}
		list = append(list, b)
	}
	if len(list) == 0 {
		list = append(list, fmt.Sprintf("the points are scaled to %s, were to %s", score.Text(row.Grade.OutOf), score.Text(was.Grade.OutOf)))
	}
	return list
}

// WriteChanges writes whose grade changed and why.
func WriteChanges(w io.Writer, changes []Change, total int) error {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s: %s, was %s (%s)\n", report.Line(c.Name), c.After, c.Before, report.Line(strings.Join(c.Why, "; ")))
	}
	fmt.Fprintf(&b, "%d of %d grades changed\n", len(changes), total)
	_, err := io.WriteString(w, b.String())
	return err
}

// NotJudged returns the IDs that the rubric names and that no submission was judged by.
func NotJudged(rows []Row) []string {
	var list []string
	for _, row := range rows {
		for _, id := range row.Grade.NotJudged {
			if !slices.Contains(list, id) {
				list = append(list, id)
			}
		}
	}
	slices.Sort(list)
	return list
}

func counted(submissions int) string {
	if submissions == 1 {
		return "1 submission"
	}
	return fmt.Sprintf("%d submissions", submissions)
}
