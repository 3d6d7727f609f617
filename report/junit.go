package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// The JUnit format: one suite per chapter, one case per requirement. There is no
// standard; this is the part that Jenkins, GitLab and GitHub Actions agree on.
type (
	junitReport struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Skipped    int             `xml:"skipped,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`

		ms float64
	}
	junitCounts struct {
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Time     string `xml:"time,attr"` // seconds
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		ClassName string        `xml:"classname,attr"`
		Name      string        `xml:"name,attr"`
		Time      string        `xml:"time,attr"` // seconds
		Failure   *junitOutcome `xml:"failure"`
		Error     *junitOutcome `xml:"error"`
		Skipped   *junitOutcome `xml:"skipped"`
		SystemOut *junitText    `xml:"system-out"`
	}
	// GitLab reads the text and not the message, so the text holds everything.
	junitOutcome struct {
		Message string
		Type    string
		Text    junitText
	}
	junitText string
)

// MarshalXML writes an outcome with its text.
func (o junitOutcome) MarshalXML(enc *xml.Encoder, start xml.StartElement) error {
	start.Attr = append(start.Attr, xml.Attr{Name: xml.Name{Local: "message"}, Value: o.Message})
	if o.Type != "" {
		start.Attr = append(start.Attr, xml.Attr{Name: xml.Name{Local: "type"}, Value: o.Type})
	}
	return o.Text.MarshalXML(enc, start)
}

// MarshalXML writes text with literal newlines; encoding/xml would write each as
// &#xA;.
func (t junitText) MarshalXML(enc *xml.Encoder, start xml.StartElement) error {
	return errors.Join(enc.EncodeToken(start), enc.EncodeToken(xml.CharData(t)), enc.EncodeToken(start.End()))
}

// WriteJUnit writes the result in the JUnit format. The text of failures and errors
// is the whole message. Advice passes, with a note. What was not run or does not
// apply is skipped.
func WriteJUnit(w io.Writer, r Result) error {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(junit(r)); err != nil {
		return fmt.Errorf("encode the result as JUnit XML: %w", err)
	}
	b.WriteByte('\n')
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the result as JUnit XML: %w", err)
	}
	return nil
}

// junit returns the result as JUnit.
func junit(r Result) junitReport {
	all := junitReport{Name: "forkproof"}
	index := map[string]int{}
	for _, q := range r.Requirements {
		chapter := q.Chapter()
		i, found := index[chapter]
		if !found {
			i = len(all.Suites)
			index[chapter] = i
			all.Suites = append(all.Suites, junitSuite{Name: Line(chapter), Properties: junitProperties(r)})
		}
		s := &all.Suites[i]
		s.Cases = append(s.Cases, junitTest(chapter, q))
		s.count(q.Verdict)
		if q.Verdict == NotApplicable || q.Verdict == NotRun {
			s.Skipped++
		}
		all.count(q.Verdict)
		s.ms += q.DurationMS
		s.Time = seconds(s.ms)
	}
	all.Time = seconds(r.DurationMS)
	return all
}

func junitProperties(r Result) []junitProperty {
	return []junitProperty{
		{"tool", Line("forkproof " + r.Tool.Version)},
		{"target", Line(r.Target.Name())},
		{"model", Line(r.Target.Model)},
		{"protocol", Line(r.Target.Protocol)},
		{"isolation", Line(r.Environment.Isolation)},
		{"seed", fmt.Sprint(r.Environment.Seed)},
	}
}

func (c *junitCounts) count(v Verdict) {
	c.Tests++
	switch v {
	case Pass, Advice, NotApplicable, NotRun:
	case Fail:
		c.Failures++
	default:
		c.Errors++
	}
}

func junitTest(chapter string, q Requirement) junitCase {
	t := junitCase{
		ClassName: Line("forkproof." + chapter),
		Name:      Line(q.ID + " " + q.Title),
		Time:      seconds(q.DurationMS),
	}
	switch q.Verdict {
	case Pass:
	case Advice:
		note := message(q)
		t.SystemOut = &note
	case Fail:
		t.Failure = &junitOutcome{Line(q.Found), Line(string(q.Level)), message(q)}
	case NotApplicable, NotRun:
		why := Line(string(q.Verdict) + ": " + q.Found)
		t.Skipped = &junitOutcome{Message: why, Text: junitText(why)}
	default:
		t.Error = &junitOutcome{Line(q.Found), Line(string(q.Verdict)), message(q)}
	}
	return t
}

// message returns everything about a requirement. GitLab shows the text from its second
// line on.
func message(q Requirement) junitText { return junitText("\n" + Message(q)) }

func seconds(ms float64) string { return fmt.Sprintf("%.3f", ms/1000) }
