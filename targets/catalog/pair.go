package catalog

import "slices"

// Pair returns a server with the defects of two Bad servers. It returns false when both
// replace the same step, or they are of different designs.
func Pair(a, b Server) (Server, bool) {
	if a.Kind != Bad || b.Kind != Bad || a.Step == b.Step || a.Model != b.Model || a.Of != b.Of {
		return Server{}, false
	}
	pair := a
	pair.Name = a.Name + "+" + b.Name
	pair.Breaks = slices.Concat(a.Breaks, b.Breaks)
	pair.units = slices.Clone(a.units)
	for i, unit := range pair.units {
		if unit == b.replaces() {
			pair.units[i] = b.Header
		}
	}
	return pair, true
}

// replaces returns the file of the reference that a Bad server has its own for.
func (s Server) replaces() string {
	switch {
	case s.shared != "":
		return s.shared + "/" + s.Step + ".c"
	case s.Of != "":
		return goodFolder + "/" + s.Of + "/" + s.Step + ".c"
	}
	return refFolder + "/" + s.Step + ".c"
}
