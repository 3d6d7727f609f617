package run

import (
	"strings"

	"github.com/forkproof/forkproof/report"
)

// Message puts a verdict into a few lines, for tools that show only text.
func Message(r report.Requirement) string {
	var b strings.Builder
	line := func(head, text string) {
		if text != "" {
			b.WriteString(head + text + "\n")
		}
	}
	line("", r.ID+": the server does not meet: it "+r.Title)
	line("done:     ", strings.Join(r.Done, "; "))
	line("expected: ", r.Expected)
	line("found:    ", r.Found)
	line("why:      ", r.Diagnosis)
	line("rule:     ", r.Rule+" ("+r.Source+")")
	line("hint:     ", r.Hint)
	return b.String()
}
