package report

// A mark shows a verdict: by a sign, by a word, and by colour, never by colour
// alone.
type mark struct {
	sign  string
	ascii string
	color color
}

var marks = map[Verdict]mark{
	Pass:          {"✓", "+", green},
	Fail:          {"✗", "x", red},
	Advice:        {"!", "!", yellow},
	NotApplicable: {"–", "-", dim},
	Error:         {"?", "?", yellow},
	NotRun:        {"·", ".", dim},
}

// markOf gives the mark in a style, as it is printed, without colour.
func (s Style) markOf(v Verdict) string {
	m := marks[v]
	if s.ASCII {
		return m.ascii + " " + string(v)
	}
	return m.sign + " " + string(v)
}
