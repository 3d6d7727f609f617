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

// largest is how many bytes a page may have: one that opens at once.
const largest = 1 << 20

// limits say how much of a result a page shows. The result file holds all of it.
type limits struct {
	scenes int // bytes of all scenes together
	text   int // bytes of one text
}

// narrowing are the limits to try, until the page is small enough.
var narrowing = []limits{{480 << 10, 4 << 10}, {120 << 10, 1 << 10}, {0, 200}}

// Write writes a result as an HTML page of less than 1 MiB. Whatever the server wrote
// is text on it.
func Write(w io.Writer, r report.Result) error {
	var b bytes.Buffer
	for _, limit := range narrowing {
		p, err := newPage(inert(r, limit.text), limit)
		if err != nil {
			return err
		}
		b.Reset()
		if err := pageTemplate.Execute(&b, p); err != nil {
			return fmt.Errorf("make the page: %w", err)
		}
		if b.Len() < largest {
			break
		}
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
