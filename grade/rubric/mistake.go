package rubric

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/forkproof/forkproof/report"
)

// A Mistake is something wrong with a rubric file.
type Mistake struct {
	// File is the path as it was given. Line and Column count from 1; Column counts
	// characters.
	File         string
	Line, Column int
	// Text is the line itself.
	Text string
	// Message says in one sentence what is wrong and what to write.
	Message string
}

// String returns the mistake with its line, and a mark below the place.
func (m Mistake) String() string {
	number := fmt.Sprint(m.Line)
	room := min(max(m.Column-1, 0), utf8.RuneCountInString(m.Text))
	// Tabs stay, so that the mark is below the place.
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string([]rune(m.Text)[:room]))
	return fmt.Sprintf("%s:%d:%d: %s\n  %s | %s\n  %s | %s^",
		m.File, m.Line, m.Column, m.Message, number, lineOf(m.Text), strings.Repeat(" ", len(number)), indent)
}

// lineOf returns a line of the file as it can be printed, with its tabs.
func lineOf(text string) string {
	parts := strings.Split(text, "\t")
	for i := range parts {
		parts[i] = report.Line(parts[i])
	}
	return strings.Join(parts, "\t")
}

// Mistakes are all that is wrong with a file, in the order of its lines.
type Mistakes []Mistake

// Error returns all of them, a blank line between two.
func (m Mistakes) Error() string {
	texts := make([]string, len(m))
	for i, one := range m {
		texts[i] = one.String()
	}
	return strings.Join(texts, "\n\n")
}

// Short returns the first of them in one line, and how many more there are.
func (m Mistakes) Short() string {
	first := fmt.Sprintf("%s:%d:%d: %s", m[0].File, m[0].Line, m[0].Column, m[0].Message)
	if len(m) == 1 {
		return first
	}
	return fmt.Sprintf("%s (and %d more: forkproof rubric check %s tells all)", first, len(m)-1, m[0].File)
}
