package formats

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// writeGitHub writes workflow commands of GitHub Actions: an annotation for each cause,
// at its line of the source where that is known, and a notice with the verdict.
//
// GitHub shows ten annotations of a kind for a step; the first causes come first.
func writeGitHub(w io.Writer, r report.Result) error {
	var b bytes.Buffer
	for _, c := range r.Explanations() {
		kind := "warning"
		if r.Fails(c) {
			kind = "error"
		}
		annotate(&b, kind, c.Where, c.Title, causeText(c))
	}
	for _, q := range r.Requirements {
		if q.Verdict == report.Error {
			annotate(&b, "warning", nil, q.ID+" could not be judged", report.Line(q.Found))
		}
	}
	annotate(&b, "notice", nil, "forkproof", r.OneLine())
	_, err := w.Write(b.Bytes())
	return err
}

// annotate writes one workflow command. Text of several lines is one annotation.
func annotate(b *bytes.Buffer, kind string, where *report.Place, title, text string) {
	var properties []string
	if where != nil && where.File != "" {
		properties = append(properties, "file="+property(where.File))
		if where.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", where.Line))
		}
	}
	properties = append(properties, "title="+property(title))
	fmt.Fprintf(b, "::%s %s::%s\n", kind, strings.Join(properties, ","), data(text))
}

// Characters that end a command, or a property of it, as GitHub's runner unescapes them.
var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func data(s string) string     { return dataEscapes.Replace(s) }
func property(s string) string { return propertyEscapes.Replace(report.Line(s)) }

// A line of a cause: what it is about, and the text.
type causeLine struct{ name, text string }

// causeLines say what was seen of a cause, what to change and what it fails.
func causeLines(c report.Cause) []causeLine {
	lines := []causeLine{
		{"Seen", c.Found}, {"Change", c.Hint}, {"Rule", rule(c)}, {"Fails", strings.Join(c.Requirements, ", ")},
	}
	return slices.DeleteFunc(lines, func(l causeLine) bool { return l.text == "" })
}

// causeText is the lines of a cause, each safe to print.
func causeText(c report.Cause) string {
	var lines []string
	for _, l := range causeLines(c) {
		lines = append(lines, report.Line(l.name+": "+l.text))
	}
	return strings.Join(lines, "\n")
}

// rule is the rule that a cause breaks, with its source.
func rule(c report.Cause) string {
	if c.Rule == "" {
		return c.Source
	}
	return c.Rule + " — " + c.Source
}
