package formats

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// mostMarkdown is what fits into the summary of a step of GitHub Actions, 1 MiB, with
// room for what other tools add to it.
const mostMarkdown = 900 << 10

// writeMarkdown writes the result in GitHub's Markdown, as for the summary of a step: the
// verdict, what to mend first, the chapters, and folded below all about what is not met.
func writeMarkdown(w io.Writer, r report.Result) error {
	var b bytes.Buffer
	sign := map[report.Outcome]string{report.Conformant: "✅", report.Nonconformant: "❌"}[r.Verdict]
	if sign == "" {
		sign = "⚠️"
	}
	fmt.Fprintf(&b, "## %s %s\n\n", sign, markdown(r.OneLine()))
	fmt.Fprintf(&b, "%s judged %s by model %s and protocol %s, isolation %s, seed %d.\n\n", markdown("forkproof "+r.Tool.Version),
		code(r.Target.Name()), markdown(r.Target.Model), markdown(r.Target.Protocol), markdown(r.Environment.Isolation), r.Environment.Seed)
	markdownGrade(&b, r.Grade)
	markdownCauses(&b, r)
	markdownChapters(&b, r)
	markdownDetails(&b, r)
	_, err := w.Write(b.Bytes())
	return err
}

// markdownGrade writes the points that a rubric gives.
func markdownGrade(b *bytes.Buffer, g *report.Grade) {
	if g == nil {
		return
	}
	fmt.Fprintf(b, "### %s\n\n| for | points | what cost points |\n|---|---:|---|\n", markdown(g.Sum()))
	for _, i := range g.Items {
		fmt.Fprintf(b, "| %s | %s | %s |\n", markdown(i.Name), markdown(i.OfPoints()), markdown(strings.Join(i.Notes, "; ")))
	}
	b.WriteString("\n")
	for _, note := range slices.Concat(g.Notes, g.Held) {
		fmt.Fprintf(b, "- %s\n", markdown(note))
	}
	b.WriteString("\n")
}

// markdownCauses writes what to mend, the first thing first.
func markdownCauses(b *bytes.Buffer, r report.Result) {
	causes := r.Explanations()
	if len(causes) > 0 {
		b.WriteString("### Start here\n\n")
	}
	for i, c := range causes {
		fmt.Fprintf(b, "%d. **%s**\n", i+1, markdown(c.Title))
		if c.Where != nil {
			fmt.Fprintf(b, "   - Where: %s\n", code(c.Where.String()))
		}
		for _, l := range causeLines(c) {
			fmt.Fprintf(b, "   - %s: %s\n", l.name, markdown(l.text))
		}
	}
	b.WriteString("\n")
}

// markdownChapters writes the table of chapters.
func markdownChapters(b *bytes.Buffer, r report.Result) {
	b.WriteString("| chapter | met | fail | advice | error | n/a | not run |\n|---|---:|---:|---:|---:|---:|---:|\n")
	for _, c := range r.Chapters() {
		fmt.Fprintf(b, "| %s | %d", markdown(c.Name), c.Count(report.Pass))
		for _, v := range []report.Verdict{report.Fail, report.Advice, report.Error, report.NotApplicable, report.NotRun} {
			count := ""
			if n := c.Count(v); n > 0 {
				count = fmt.Sprint(n)
			}
			fmt.Fprintf(b, " | %s", count)
		}
		b.WriteString(" |\n")
	}
	b.WriteString("\n")
}

// markdownDetails writes all about what is not met or could not be judged, as far as there
// is room.
func markdownDetails(b *bytes.Buffer, r report.Result) {
	left := 0
	for _, q := range r.Requirements {
		if q.Verdict != report.Fail && q.Verdict != report.Advice && q.Verdict != report.Error {
			continue
		}
		text := report.Message(q)
		if b.Len()+len(text) > mostMarkdown {
			left++
			continue
		}
		fence := strings.Repeat("`", longestRun(text, '`')+3)
		fmt.Fprintf(b, "<details><summary>%s: %s</summary>\n\n%s\n%s%s\n\n</details>\n\n", markdown(string(q.Verdict)), markdown(q.ID), fence, text, fence)
	}
	if left > 0 {
		fmt.Fprintf(b, "%d more are left out: they do not fit. The result file has them.\n", left)
	}
}

// markdown returns text that Markdown and HTML show as it is: a character that means
// something to them is a reference by its number, and no address becomes a link.
func markdown(s string) string {
	return markdownEscapes.Replace(report.Line(s))
}

var markdownEscapes = func() *strings.Replacer {
	list := []string{"://", "&#58;//", "www.", "www&#46;"}
	for _, c := range "&\\`*_{}[]<>#|~@" {
		list = append(list, string(c), fmt.Sprintf("&#%d;", c))
	}
	return strings.NewReplacer(list...)
}()

// code returns text as a code span, which shows it as it is.
func code(s string) string {
	s = strings.ReplaceAll(report.Line(s), "|", `\|`)
	ticks := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// longestRun returns how often c comes at most in a row.
func longestRun(s string, c rune) (longest int) {
	run := 0
	for _, r := range s {
		if r != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
