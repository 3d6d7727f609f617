package book

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/grade/store"
	"github.com/forkproof/forkproof/report"
)

// A Life is a submission name with all that was graded of it.
type Life struct {
	Name string
	// Rows are its grades, in the order in which they were judged.
	Rows []Row
}

// History returns the names that were graded in some folders, by name, each with what a
// folder keeps of earlier submissions. The points are counted by one rubric.
func History(folders []*store.Folder, r *rubric.Rubric) ([]Life, error) {
	at := map[string][]store.Record{}
	for _, f := range folders {
		rows, err := Rows(f, r)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			earlier, err := f.Earlier(row.Name)
			if err != nil {
				return nil, err
			}
			records := at[row.Name]
			for _, record := range append(earlier, row.Record) {
				if record.JudgedAt == "" {
					continue
				}
				same := func(known store.Record) bool { return known.JudgedAt == record.JudgedAt }
				if !slices.ContainsFunc(records, same) {
					records = append(records, record)
				}
			}
			at[row.Name] = records
		}
	}
	var lives []Life
	for name, records := range at {
		slices.SortFunc(records, func(a, b store.Record) int { return strings.Compare(a.JudgedAt, b.JudgedAt) })
		life := Life{Name: name}
		for _, record := range records {
			life.Rows = append(life.Rows, NewRow(record, r))
		}
		lives = append(lives, life)
	}
	slices.SortFunc(lives, func(a, b Life) int { return strings.Compare(a.Name, b.Name) })
	return lives, nil
}

// WriteHistory writes of each name how its grade went, and which requirements got better
// or worse from one submission to the next.
func WriteHistory(w io.Writer, lives []Life) error {
	var b strings.Builder
	for _, life := range lives {
		var grades []string
		for _, row := range life.Rows {
			grades = append(grades, gradeText(row))
		}
		if len(grades) == 0 {
			grades = []string{"not judged yet"}
		}
		fmt.Fprintf(&b, "%s: %s\n", report.Line(life.Name), strings.Join(grades, " -> "))
		for i := 1; i < len(life.Rows); i++ {
			better, worse := compared(life.Rows[i-1].Record, life.Rows[i].Record)
			for _, part := range []struct {
				word string
				ids  []string
			}{{"better", better}, {"worse", worse}} {
				if len(part.ids) > 0 {
					fmt.Fprintf(&b, "  %s: %s\n", part.word, strings.Join(part.ids, ", "))
				}
			}
			if a, c := life.Rows[i-1].Record, life.Rows[i].Record; a.State != c.State {
				fmt.Fprintf(&b, "  %s, was %s\n", state(c), state(a))
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func state(r store.Record) string {
	if r.Reason == "" {
		return string(r.State)
	}
	return string(r.State) + " (" + report.Line(r.Reason) + ")"
}

// compared returns the requirements that are met now and were not, and those that were.
// What was not judged in one of the two is in neither.
func compared(before, after store.Record) (better, worse []string) {
	met := func(v store.Verdict) (met, judged bool) {
		switch {
		case v.Verdict == report.Pass, v.Verdict == report.Advice && v.Level == report.Must:
			return true, true
		case v.Verdict == report.Fail, v.Verdict == report.Advice, v.Verdict == report.NotRun && (v.FixFirst != "" || v.Unreached):
			return false, true
		}
		return false, false
	}
	old := map[string]store.Verdict{}
	for _, v := range before.Verdicts {
		old[v.ID] = v
	}
	for _, v := range after.Verdicts {
		was, wasJudged := met(old[v.ID])
		is, isJudged := met(v)
		switch {
		case !wasJudged || !isJudged || was == is:
		case is:
			better = append(better, v.ID)
		default:
			worse = append(worse, v.ID)
		}
	}
	return better, worse
}
