package diagnose

import (
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// doers are, by sign, the processes whose blocked call shows the cause.
var doers = map[string]func(report.Requirement, report.Process) bool{
	"parent-waits":        func(_ report.Requirement, p report.Process) bool { return listens(p) && in(p, "wait4", "waitid") },
	"parent-serves":       func(_ report.Requirement, p report.Process) bool { return listens(p) },
	"child-accepts":       func(q report.Requirement, p report.Process) bool { return child(q, p) && in(p, "accept", "accept4") },
	"child-accepts-early": func(q report.Requirement, p report.Process) bool { return child(q, p) && in(p, "accept", "accept4") },
	"child-idles":         func(q report.Requirement, p report.Process) bool { return child(q, p) && !p.Early },
}

// where returns the place in the server's source that shows a cause; nil when none
// does. What the server does not do has no place.
func (m match) where(nearest report.Requirement) *report.Place {
	for _, name := range m.entry.signs {
		if is, known := doers[name]; known {
			return blockedAt(m.seen, is)
		}
	}
	switch {
	case strings.HasPrefix(m.entry.id, "parent-"):
		return blockedAt(nearest, func(_ report.Requirement, p report.Process) bool { return listens(p) })
	case strings.HasPrefix(m.entry.id, "child-"):
		return blockedAt(nearest, func(q report.Requirement, p report.Process) bool { return child(q, p) && !p.Early })
	}
	return nil
}

// blockedAt returns where the first of some processes is blocked whose frames are known.
func blockedAt(q report.Requirement, is func(report.Requirement, report.Process) bool) *report.Place {
	if q.Evidence == nil {
		return nil
	}
	i := slices.IndexFunc(q.Evidence.Processes, func(p report.Process) bool { return len(p.Frames) > 0 && is(q, p) })
	if i < 0 {
		return nil
	}
	place := q.Evidence.Processes[i].Frames[0]
	return &place
}
