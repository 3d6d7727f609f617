package formats

import (
	"io"

	"github.com/forkproof/forkproof/report"
)

// writeText writes the report that check prints, without colours.
func writeText(w io.Writer, r report.Result) error {
	text := report.NewText(w, report.Options{})
	text.Begin(r.Tool, r.Target, r.Environment, len(r.Requirements))
	return text.End(r)
}
