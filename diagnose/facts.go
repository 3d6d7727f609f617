package diagnose

import (
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// facts are a result as the search for causes sees it.
type facts struct {
	command  []string
	model    string
	protocol string // "" for echo
	buildsOn map[string][]string
	of       map[string]report.Requirement
	place    map[string]int // in the order of the catalogue
	// open are the failures, and the advice, that no cause explains yet.
	open map[string]bool
	// unclear are those that several entries explain equally well.
	unclear []string
	all     []report.Requirement
}

func newFacts(r report.Result, buildsOn map[string][]string) *facts {
	f := &facts{
		command: r.Target.Command, model: r.Target.Model, protocol: strings.TrimPrefix(r.Target.Protocol, "echo"),
		buildsOn: buildsOn, all: r.Requirements,
		of: map[string]report.Requirement{}, place: map[string]int{}, open: map[string]bool{},
	}
	for i, q := range r.Requirements {
		f.of[q.ID], f.place[q.ID] = q, i
		if unmet(q) {
			f.open[q.ID] = true
		}
	}
	return f
}

// unmet reports whether a requirement failed, or was met only in part.
func unmet(q report.Requirement) bool {
	return q.Verdict == report.Fail || q.Verdict == report.Advice
}

// builds reports whether a requirement builds on another, directly or not.
func (f *facts) builds(id, on string) bool {
	return slices.ContainsFunc(f.buildsOn[id], func(direct string) bool { return direct == on || f.builds(direct, on) })
}

// rest adds what no cause explains to the causes: what builds on something that one of
// them explains follows from it; the others stand for themselves.
func (f *facts) rest(causes []report.Cause) []report.Cause {
	for _, id := range f.unclear {
		f.open[id] = true
	}
	explained := len(causes)
	for _, q := range f.all {
		if !f.open[q.ID] {
			continue
		}
		i := slices.IndexFunc(causes[:explained], func(c report.Cause) bool {
			return slices.ContainsFunc(c.Requirements, func(id string) bool { return f.builds(q.ID, id) && f.of[id].Verdict == report.Fail })
		})
		if i < 0 {
			causes = append(causes, q.AsCause())
			continue
		}
		causes[i].Requirements = append(causes[i].Requirements, q.ID)
		causes[i].Explains++
	}
	return causes
}
