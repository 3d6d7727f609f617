package look

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/observe"
)

// Changes says in a line each what is not as it was in an earlier look.
func (s Seen) Changes(before Seen) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, p := range before.Picture.Processes {
		if _, found := s.Picture.Find(p.ID); found {
			continue
		}
		if p.Alive() {
			say("process %d has ended", p.ID.PID)
		} else {
			say("process %d, a zombie, was waited for", p.ID.PID)
		}
	}
	for _, p := range s.Picture.Processes {
		was, found := before.Picture.Find(p.ID)
		switch {
		case !found && p.Alive():
			say("process %d is new, a child of %d", p.ID.PID, p.Parent)
		case !p.Alive() && (!found || was.Alive()):
			say("process %d is a zombie: it has ended, and %d has not waited for it", p.ID.PID, p.Parent)
		case p.State != was.State && (p.State == observe.Stopped || was.State == observe.Stopped):
			say("process %d is %v", p.ID.PID, p.State)
		}
		lines = append(lines, descriptors(was, p)...)
	}
	for _, w := range s.Wrong {
		if !has(before.Wrong, w) {
			say("wrong: %s (%s)", w.Finding.Found, w.ID)
		}
	}
	for _, w := range before.Wrong {
		if !slices.ContainsFunc(s.Wrong, func(now Wrong) bool { return now.ID == w.ID }) {
			say("no longer wrong: %s", w.ID)
		}
	}
	return lines
}

func has(list []Wrong, w Wrong) bool {
	return slices.ContainsFunc(list, func(v Wrong) bool { return v.ID == w.ID && v.Key == w.Key })
}

// descriptors says what changed in the table of a process. Of a new process only the
// connections are told: the others it has from its parent.
func descriptors(before, now observe.Process) (lines []string) {
	if !now.Alive() || now.Unreadable != nil {
		return nil
	}
	say := func(format string, args ...any) {
		lines = append(lines, fmt.Sprintf("process %d: ", now.ID.PID)+fmt.Sprintf(format, args...))
	}
	for _, d := range before.Descriptors {
		if same(now, d) < 0 {
			say("closed FD %d, %v", d.FD, d)
		}
	}
	for _, d := range now.Descriptors {
		i := same(before, d)
		switch {
		case i < 0 && (before.ID.PID != 0 || d.Kind == observe.ConnectedSocket):
			say("opened FD %d, %v", d.FD, d)
		case i >= 0 && d.String() != before.Descriptors[i].String():
			say("FD %d is now a %v", d.FD, d)
		}
	}
	return lines
}

// same returns the place of a descriptor in the table of a process, if it refers to the
// same there; else -1.
func same(p observe.Process, d observe.Descriptor) int {
	return slices.IndexFunc(p.Descriptors, func(e observe.Descriptor) bool {
		return e.FD == d.FD && e.Thread == d.Thread && e.Target == d.Target
	})
}
