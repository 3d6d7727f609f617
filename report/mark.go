package report

// A mark shows a verdict by a sign and a colour. The verdict's word stands beside
// it, so that colour alone never tells.
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

// markOf returns the sign and the word of a verdict, without colour.
func (s Style) markOf(v Verdict) string {
	m := marks[v]
	if s.ASCII {
		return m.ascii + " " + string(v)
	}
	return m.sign + " " + string(v)
}
