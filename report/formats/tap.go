package formats

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/forkproof/forkproof/report"
)

// writeTAP writes the Test Anything Protocol (testanything.org), version 13, as Perl's
// parser refuses version 14: a test point for each requirement. What is not run or does not apply is
// skipped; advice is marked as a test that is known to fail, which fails no run. What could
// not be judged is not ok.
func writeTAP(w io.Writer, r report.Result) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "TAP version 13\n1..%d\n", len(r.Requirements))
	fmt.Fprintf(&b, "# %s\n", report.Line("forkproof "+r.Tool.Version+" judges "+r.Target.Name()))
	for i, q := range r.Requirements {
		fmt.Fprintf(&b, "%s %d - %s%s\n", point(q.Verdict), i+1, tapText(q.ID+" "+q.Title), directive(q))
		if q.Verdict == report.Pass || directive(q) != "" && q.Verdict != report.Advice {
			continue
		}
		if err := diagnostic(&b, r, q); err != nil {
			return fmt.Errorf("encode %s as YAML: %w", q.ID, err)
		}
	}
	fmt.Fprintf(&b, "# %s\n", r.OneLine())
	_, err := w.Write(b.Bytes())
	return err
}

func point(v report.Verdict) string {
	switch v {
	case report.Pass, report.NotApplicable, report.NotRun:
		return "ok"
	}
	return "not ok"
}

func directive(q report.Requirement) string {
	switch q.Verdict {
	case report.Advice:
		return " # TODO " + tapText("advice: "+q.Found)
	case report.NotApplicable, report.NotRun:
		return " # SKIP " + tapText(string(q.Verdict)+": "+q.Found)
	}
	return ""
}

// tapText is text in a test point, in which # begins a directive.
func tapText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(report.Line(s))
}

// diagnostic writes what belongs to a test point: a block of YAML for programs, and for
// people the whole message, in comments.
func diagnostic(b *bytes.Buffer, r report.Result, q report.Requirement) error {
	type at struct {
		File     string `yaml:"file,omitempty"`
		Line     int    `yaml:"line,omitempty"`
		Function string `yaml:"function,omitempty"`
	}
	block := struct {
		Message  string `yaml:"message"`
		Severity string `yaml:"severity"`
		Level    string `yaml:"level"`
		Cause    string `yaml:"cause,omitempty"`
		Hint     string `yaml:"hint,omitempty"`
		At       *at    `yaml:"at,omitempty"`
	}{
		Message: report.Line(q.Found), Severity: string(q.Verdict), Level: string(q.Level),
		Cause: report.Line(q.Cause), Hint: report.Line(q.Hint),
	}
	if where := r.Where(q); where != nil {
		block.At = &at{report.Line(where.File), where.Line, report.Line(where.Function)}
	}
	text, err := yaml.Marshal(block)
	if err != nil {
		return err
	}
	b.WriteString("  ---\n")
	for line := range strings.Lines(string(text)) {
		b.WriteString("  " + line)
	}
	b.WriteString("  ...\n")
	for line := range strings.Lines(report.Message(q)) {
		b.WriteString(strings.TrimRight("# "+line, " \n") + "\n")
	}
	return nil
}
