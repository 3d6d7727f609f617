package report

// Options say what a Text tells, and how.
type Options struct {
	Style
	// Verbose adds how long each requirement took and the steps of those that
	// passed, and leaves nothing out of the evidence.
	Verbose bool
	// Quiet tells only what failed or could not be judged, one line each, and
	// the verdict.
	Quiet bool
	// Live keeps a status line at the bottom of a terminal while a run lasts.
	Live bool
}
