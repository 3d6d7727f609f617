// Package html writes a result as a page: one file that loads nothing, runs nothing,
// and can be read in any browser, on paper and by a screen reader.
package html

import (
	"bytes"
	_ "embed" // the template and the style
	"fmt"
	"html/template"
	"io"

	"github.com/forkproof/forkproof/report"
)

//go:embed page.tmpl
var pageText string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Write writes a result as an HTML page. Whatever the server wrote is text on it.
func Write(w io.Writer, r report.Result) error {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, newPage(inert(r))); err != nil {
		return fmt.Errorf("make the page: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
