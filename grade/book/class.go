package book

import (
	"bytes"
	"cmp"
	_ "embed" // the template
	"fmt"
	"html/template"
	"math/big"
	"net/url"
	"slices"

	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/grade/score"
	"github.com/forkproof/forkproof/grade/store"
	"github.com/forkproof/forkproof/report"
)

//go:embed class.tmpl
var classText string

var classTemplate = template.Must(template.New("class").Parse(classText))

// largest is how many bytes the page of a class may have: one that opens at once.
const largest = 1 << 20

// A classPage is what the template of the class shows.
type classPage struct {
	Style                template.CSS
	Course, Title        string
	Count, Graded        int
	Mean, Median, OutOf  string
	Held                 []classRow
	Spread, Failed, Seen []bar
	Rows                 []classRow
	Cut                  int // rows that are not shown
}

// A classRow is one submission.
type classRow struct {
	Name, Link, Points, OutOf, Status, Why string
}

// A bar is a line of a table with a bar.
type bar struct {
	Name, Note string
	N, Width   int // Width is the bar's, of 100
}

// Class returns class.html: how the points are distributed, what failed how often and
// why, and every submission. It has less than 1 MiB.
func Class(rows []Row, r *rubric.Rubric) ([]byte, error) {
	// Long remarks are shortened until the page is small enough; at last rows are cut.
	for _, limit := range []struct{ text, rows int }{{400, len(rows)}, {100, len(rows)}, {40, 1500}} {
		page := newClassPage(rows, r, limit.text, limit.rows)
		var b bytes.Buffer
		if err := classTemplate.Execute(&b, page); err != nil {
			return nil, fmt.Errorf("make the page of the class: %w", err)
		}
		if b.Len() < largest {
			return b.Bytes(), nil
		}
	}
	return nil, fmt.Errorf("the page of the class does not fit into %d bytes", largest)
}

func newClassPage(rows []Row, r *rubric.Rubric, text, most int) classPage {
	p := classPage{
		Style: template.CSS(style), Course: report.Line(r.Course), Title: report.Line(r.Title), Count: len(rows),
		OutOf: score.Text(outOf(r)),
	}
	for i, row := range rows {
		one := classRow{
			Name:   shortened(report.Line(row.Name), text),
			Link:   "submissions/" + url.PathEscape(store.Key(row.Name)) + "/index.html",
			Points: row.Points(), OutOf: score.Text(row.Grade.OutOf), Status: string(row.Record.State), Why: shortened(report.Line(row.Why()), text),
		}
		if row.Status() == Held {
			one.Status = string(Held)
			p.Held = append(p.Held, one)
		}
		if i < most {
			p.Rows = append(p.Rows, one)
		}
	}
	p.Held, p.Cut = p.Held[:min(len(p.Held), most)], len(rows)-len(p.Rows)
	p.distribution(rows)
	p.requirements(rows)
	p.causes(rows, text)
	return p
}

// outOf returns what a submission can earn.
func outOf(r *rubric.Rubric) *big.Rat {
	if r.OutOf != nil {
		return r.OutOf
	}
	return r.Possible()
}

// distribution counts how many grades lie in each tenth.
func (p *classPage) distribution(rows []Row) {
	const tenths = 10
	var counts [tenths + 1]int
	var shares []*big.Rat
	sum := new(big.Rat)
	for _, row := range rows {
		if row.Status() == Held || row.Grade.OutOf.Sign() == 0 {
			continue
		}
		share := new(big.Rat).Quo(row.Grade.Points, row.Grade.OutOf)
		shares = append(shares, share)
		sum.Add(sum, share)
		tenth := new(big.Int).Quo(new(big.Int).Mul(share.Num(), big.NewInt(tenths)), share.Denom())
		counts[min(tenth.Int64(), tenths)]++
	}
	p.Graded = len(shares)
	for i := tenths; i >= 0; i-- {
		name := fmt.Sprintf("%d to %d %%", i*tenths, (i+1)*tenths)
		if i == tenths {
			name = "100 % and more"
		}
		p.Spread = append(p.Spread, bar{Name: name, N: counts[i]})
	}
	widths(p.Spread)
	if len(shares) == 0 {
		return
	}
	slices.SortFunc(shares, func(a, b *big.Rat) int { return a.Cmp(b) })
	percent := func(share *big.Rat) string {
		return score.Text(new(big.Rat).Mul(share, big.NewRat(100, 1))) + " %"
	}
	p.Mean = percent(sum.Quo(sum, big.NewRat(int64(len(shares)), 1)))
	middle := new(big.Rat).Add(shares[(len(shares)-1)/2], shares[len(shares)/2])
	p.Median = percent(middle.Quo(middle, big.NewRat(2, 1)))
}

// requirements counts how often each requirement was not met.
func (p *classPage) requirements(rows []Row) {
	p.Failed = tally(rows, func(r store.Record, add func(string, string)) {
		for _, v := range r.Verdicts {
			if v.Verdict == report.Fail || v.Verdict == report.Advice && v.Level == report.Should {
				add(v.ID, "")
			}
		}
	})
}

// causes counts how common each cause is.
func (p *classPage) causes(rows []Row, text int) {
	p.Seen = tally(rows, func(r store.Record, add func(string, string)) {
		for _, c := range r.Causes {
			if c.Fails {
				add(c.ID, shortened(report.Line(c.Title), text))
			}
		}
	})
}

// mostBars is how many lines such a table has.
const mostBars = 100

// tally counts names over all records, the most frequent first.
func tally(rows []Row, each func(store.Record, func(name, note string))) []bar {
	at := map[string]int{}
	var list []bar
	for _, row := range rows {
		each(row.Record, func(name, note string) {
			i, found := at[name]
			if !found {
				i = len(list)
				at[name] = i
				list = append(list, bar{Name: name, Note: note})
			}
			list[i].N++
			// Titles tell of one server each; the least is the same in every order.
			list[i].Note = min(list[i].Note, note)
		})
	}
	slices.SortFunc(list, func(a, b bar) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name)) })
	list = list[:min(len(list), mostBars)]
	widths(list)
	return list
}

// widths sets the length of each bar, in percent of the longest.
func widths(list []bar) {
	most := 1
	for _, b := range list {
		most = max(most, b.N)
	}
	for i := range list {
		list[i].Width = 100 * list[i].N / most
	}
}

// shortened returns the beginning of a long text.
func shortened(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
