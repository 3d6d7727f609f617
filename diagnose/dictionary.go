package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

// An entry is one cause that may be found.
type entry struct {
	id    string
	title string
	// breaks are the requirements that a server with this defect fails, the one that
	// shows it best first.
	breaks []string
	// signs are what the evidence of a failure shows of it.
	signs []string
	// named says that the signs are proof by themselves, and not only in the company
	// of what fails.
	named bool
	// common says that it is what several entries have in common, to be claimed when the
	// evidence does not tell them apart.
	common bool
	// everywhere says that it explains whatever failed and shows the signs itself.
	everywhere bool
	// echo says that it is told of echo servers alone, and web of those judged as servers
	// of HTTP.
	echo   bool
	web    bool
	hints  map[Language]string
	rule   string
	source string
	// model, when set, is the one by which a server must have been judged that has it.
	model string
	// tells and hintFor, when set, make the title and the hint from the failure that
	// shows the signs.
	tells, hintFor func(report.Requirement) string
}

// dictionary returns the defects of the built-in servers.
func dictionary() ([]entry, error) {
	servers, err := catalog.Servers()
	if err != nil {
		return nil, err
	}
	var list []entry
	for _, s := range servers {
		if s.Kind != catalog.Bad || len(s.Like) > 0 {
			continue
		}
		e := entry{
			id: s.Name, title: s.Cause, breaks: s.Breaks, signs: s.Seen,
			hints: map[Language]string{C: s.Fix}, source: s.Source,
			echo: s.Protocol == catalog.EchoProtocol && slices.Contains(s.Breaks, "echo/exact"),
		}
		if s.Of != "" && s.Model != "forking" {
			e.model = s.Model
		}
		if s.FixPython != "" {
			e.hints[Python] = s.FixPython
		}
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Header, err)
		}
		list = append(list, e)
	}
	return list, nil
}

// check returns an error that names a sign which is unknown.
func (e entry) check() error {
	for _, name := range e.signs {
		if _, known := signs[name]; !known {
			return fmt.Errorf("unknown sign %q: known are %s", name, strings.Join(signNames(), ", "))
		}
	}
	return nil
}

// hint returns what to change in a language; where the entry has no words for it, those
// of C, which are the system calls.
func (e entry) hint(l Language) string {
	if text, known := e.hints[l]; known {
		return text
	}
	return e.hints[C]
}

func signNames() []string {
	var names []string
	for name := range signs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
