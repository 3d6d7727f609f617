package dialogue

import (
	"fmt"
	"strings"
)

// A Mistake is what is wrong in a dialogue file, and where.
type Mistake struct {
	File string
	// Line and Column count from 1.
	Line, Column int
	// Source is the line itself.
	Source string
	// What is wrong, and what to write instead, as a clause.
	What string
}

// Error returns place and mistake in one line.
func (m *Mistake) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Column, m.What)
}

// Excerpt returns the line of the file, and below it a pointer to the column.
func (m *Mistake) Excerpt() string {
	number := fmt.Sprintf("%5d", m.Line)
	before := []rune(m.Source)
	before = before[:min(max(m.Column-1, 0), len(before))]
	for i, r := range before {
		if r != '\t' {
			before[i] = ' '
		}
	}
	return fmt.Sprintf("%s | %s\n%s | %s^", number, m.Source, strings.Repeat(" ", len(number)), string(before))
}
