// Package formats has the table of formats in which a result is written, and writes
// result files.
package formats

import (
	"errors"
	"io"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/html"
)

// A Format is a form of the result that other programs read.
type Format struct {
	// Name is what --report takes.
	Name string
	// For says what the format is for.
	For string
	// Write writes a result. It escapes whatever the server wrote.
	Write func(io.Writer, report.Result) error
}

// formats is the table of formats. A new one is a file of its own and a line here;
// --report, its help and the golden test follow.
var formats = []Format{
	{"json", "the result file, forkproof/result/v1", report.WriteJSON},
	{"html", "a page for people: one file that loads and runs nothing", html.Write},
	{"junit", "JUnit XML, for CI systems", report.WriteJUnit},
	{"text", "what check prints, without colours", writeText},
	{"markdown", "GitHub's Markdown, as for the summary of a step", writeMarkdown},
	{"github", "annotations of GitHub Actions, to be printed in a step", writeGitHub},
	{"tap", "the Test Anything Protocol, version 13", writeTAP},
	{"ctrf", "the Common Test Report Format, version 1", writeCTRF},
	{"sarif", "SARIF 2.1.0, for code scanning: the causes at their lines of the source", writeSARIF},
}

// Names returns the names of the formats.
func Names() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name
	}
	return names
}

// Find returns the format with a name.
func Find(name string) (Format, bool) {
	for _, f := range formats {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// WriteFile writes a result to path. The file is either the old one or the complete
// new one, whatever happens. A symbolic link, and anything else that is not a regular
// file, is refused.
func (f Format) WriteFile(path string, r report.Result) error {
	file, err := OpenFile(path)
	if err != nil {
		return err
	}
	return errors.Join(f.WriteTo(file, r), file.Close())
}

// WriteTo is WriteFile to a file whose folder is open.
func (f Format) WriteTo(file *File, r report.Result) error {
	return file.Replace(func(w io.Writer) error { return f.Write(w, r) })
}
