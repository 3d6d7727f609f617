package picture

import (
	"fmt"

	"github.com/forkproof/forkproof/report"
)

// A table of at most longTable descriptors is drawn whole. Of a longer one, runs of
// at least shortRun descriptors of one kind are one row; and after mostRows rows the
// rest is one row.
const (
	longTable = 12
	shortRun  = 3
	mostRows  = 16
)

// fold returns the rows of a descriptor table.
func fold(table []report.Descriptor) []Row {
	var rows []Row
	long := len(table) > longTable
	for len(table) > 0 {
		n := 1
		if long {
			n = run(table)
		}
		rows = append(rows, row(table[:n]))
		table = table[n:]
	}
	if len(rows) > mostRows {
		var rest []report.Descriptor
		for _, r := range rows[mostRows-1:] {
			rest = append(rest, r.all...)
		}
		rows = append(rows[:mostRows-1], row(rest))
	}
	return rows
}

// run returns how many descriptors at the beginning of a table are one row.
func run(table []report.Descriptor) int {
	n := 1
	for n < len(table) && kind(table[n]) == kind(table[0]) && table[n].Wrong == table[0].Wrong && kind(table[0]) != listening {
		n++
	}
	if n < shortRun {
		return 1
	}
	return n
}

func row(list []report.Descriptor) Row {
	first, last := list[0], list[len(list)-1]
	if len(list) == 1 {
		return Row{FD: fmt.Sprintf("FD %d", first.FD), What: first.What, Wrong: first.Wrong, all: list}
	}
	what := plural(kind(first))
	for _, d := range list {
		if kind(d) != kind(first) {
			what = "descriptors"
		}
	}
	return Row{
		FD: fmt.Sprintf("FD %d–%d", first.FD, last.FD), What: fmt.Sprintf("%d %s", len(list), what),
		Wrong: isWrong(list), all: list,
	}
}

// plural returns the name of several descriptors of a kind.
func plural(kind string) string {
	switch kind {
	case connected:
		return "connections"
	case "", "other":
		return "descriptors"
	}
	return kind + "s"
}
