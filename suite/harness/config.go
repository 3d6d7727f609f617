package harness

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets"
)

// Limits are guards against hanging, never evidence: a verdict that rests on
// one says so.
type Limits struct {
	targets.Limits
	// Grace is how long a server that can be woken by time (a timer, a timed
	// wait) is given to do by itself what is expected of it.
	Grace time.Duration
	// Spin is how much processor time a server may use without anything coming
	// of it: no byte, no process, no connection more or less.
	Spin time.Duration
	// Turns bounds a loop of clients one after another: a server that ends each
	// of them seconds late is judged by fewer.
	Turns time.Duration
	// Requirement bounds one requirement as a whole.
	Requirement time.Duration
}

// DefaultLimits fit every server that was met so far.
func DefaultLimits() Limits {
	return Limits{
		Limits:      targets.DefaultLimits(),
		Grace:       10 * time.Second,
		Spin:        500 * time.Millisecond,
		Turns:       60 * time.Second,
		Requirement: 120 * time.Second,
	}
}

// A Config says which server is judged, and how.
type Config struct {
	Command  targets.Command
	Model    Model
	Protocol Protocol
	// Strict turns advice into failure.
	Strict bool
	// Only and Skip select requirements by ID or chapter; an empty Only selects all.
	Only, Skip []string
	Seed       uint64
	// Chaos is how many random faults disturb the server after the catalogue.
	Chaos  int
	Limits Limits
	// Version of forkproof and SHA256 of the server's program, for the result.
	Version, SHA256 string
	// OnStart and OnDone, when not nil, are called before and after each
	// requirement that is judged, in the process that judges it.
	OnStart func(report.Requirement)
	OnDone  func(report.Requirement)
}

// config is what the specs in this process use; see Configure.
var config Config

// Configure sets what the specs judge. It is called once, before Ginkgo runs
// them. The error is one sentence for the person who gave the settings.
func Configure(c Config) error {
	if !slices.Contains(Models(), c.Model) {
		return fmt.Errorf("unknown model %q: known are %s", c.Model, list(Models()))
	}
	if !slices.Contains(Protocols(), c.Protocol) {
		return fmt.Errorf("unknown protocol %q: known are %s", c.Protocol, list(Protocols()))
	}
	if c.Chaos < 0 {
		return fmt.Errorf("--chaos %d: give the number of faults, as in 20", c.Chaos)
	}
	for _, word := range append(slices.Clone(c.Only), c.Skip...) {
		if !known(word) {
			return fmt.Errorf("unknown requirement or chapter %q: forkproof list shows all", word)
		}
	}
	if !slices.ContainsFunc(catalogue(), func(e entry) bool { return c.selects(e.Requirement) }) {
		return fmt.Errorf("nothing is selected: --only %s leaves nothing after --skip %s",
			strings.Join(c.Only, ","), strings.Join(c.Skip, ","))
	}
	config = c
	return nil
}

func known(word string) bool {
	return slices.ContainsFunc(registered, func(e entry) bool { return named(e.Requirement, word) })
}

func named(r Requirement, word string) bool { return word == r.ID || word == r.Chapter() }

// selects says whether the filters let a requirement through.
func (c Config) selects(r Requirement) bool {
	by := func(word string) bool { return named(r, word) }
	return (len(c.Only) == 0 || slices.ContainsFunc(c.Only, by)) && !slices.ContainsFunc(c.Skip, by)
}

// excludes says why a requirement does not apply to the model or protocol that
// the server is judged by; empty when it does.
func (c Config) excludes(r Requirement) string {
	switch {
	case r.Model != AnyModel && r.Model != c.Model:
		return fmt.Sprintf("applies to --model %s only", r.Model)
	case r.Protocol != "" && r.Protocol != c.Protocol:
		return fmt.Sprintf("applies to --protocol %s only", r.Protocol)
	}
	return ""
}

// Selected is how many requirements the filters let through.
func Selected() int {
	n := 0
	for _, e := range catalogue() {
		if config.selects(e.Requirement) {
			n++
		}
	}
	if config.Chaos > 0 {
		n++
	}
	return n
}

func list[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}
