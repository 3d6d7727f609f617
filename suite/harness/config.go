package harness

import (
	"context"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/clients/protocol/dialogue"
	"github.com/forkproof/forkproof/internal/nearest"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets"
)

// Limits are guards against hanging, never evidence: a verdict that rests on
// one says so.
type Limits struct {
	targets.Limits
	// Grace is how long a server that time can wake (a timer, a timed wait) has to
	// do by itself what is expected of it.
	Grace time.Duration
	// Spin is how much processor time a server may use while nothing changes: no
	// byte, no process, no connection more or less.
	Spin time.Duration
	// Turns bounds a loop of clients one after another: a server that ends each
	// of them many seconds late is judged by fewer than prove the case.
	Turns time.Duration
	// Requirement bounds one requirement as a whole.
	Requirement time.Duration
}

// DefaultLimits returns limits that fit every server met so far.
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
	Command targets.Command
	// Inetd, when not empty, is the command before that of the server which accepts its
	// clients and starts it for each, with the connection as its descriptors 0, 1 and 2.
	Inetd []string
	// BuiltIn is the server's name if it is built in, for the result.
	BuiltIn  string
	Model    Model
	fit      fit // what the server's design says about how it is judged
	Protocol Protocol
	// Greeting is what the server says before it is spoken to, with escapes as in a
	// string of Go; AnyGreeting to learn it.
	Greeting string
	greets   protocol.Greeting // the same, known or learnt
	// Reply is what the protocol Line expects of a reply, a word of protocol.Answers.
	Reply string
	// Path is what clients of the protocol HTTP ask for, "/" when it is empty. Post, when
	// not empty, is a path that takes the bodies of POST requests.
	Path, Post string
	deferred   bool // what is known of the server's listening socket
	// Sends are what clients of the protocol Learned say in turn, with escapes as in a
	// string of Go, and Lesson what was learnt of the replies.
	Sends  []string
	Lesson *protocol.Lesson
	// Dialogue is what clients of the protocol Dialogue say and must hear.
	Dialogue *dialogue.Dialogue
	// unprompted says that the server does not greet, though the dialogue has it.
	unprompted bool
	// Strict turns advice into failure.
	Strict bool
	// Only and Skip select requirements by ID, chapter, level or pattern; an empty Only
	// selects all.
	Only, Skip []string
	// First ends the run after the first chapter in which a requirement failed.
	First bool
	// Jobs is how many requirements are judged at once; below 1 it is 1.
	Jobs int
	// MostJobs is how many they may be while the servers of some sleep.
	MostJobs int
	Seed     uint64
	// TimeLimit bounds the run as a whole; the time that the machine kept the server
	// waiting does not count. 0 means no limit.
	TimeLimit time.Duration
	Limits    Limits
	// Version of forkproof and SHA256 of the server's program, for the result.
	Version, SHA256 string
	// OnStart and OnDone, when not nil, are called before and after each
	// requirement that is judged, by several goroutines at once if Jobs is above 1.
	OnStart func(report.Requirement)
	OnDone  func(report.Requirement)
	// Tracing, when not nil, sees all that the server does while the requirement Traced is
	// judged, in each attempt anew.
	Tracing Tracing
	Traced  string
	// OnMoment, when not nil, is called after each wait of a spec with the number of
	// steps that were taken until then, and all that is to be seen.
	OnMoment func(steps int, s match.Snapshot)
}

// Tracing starts a server so that it is seen from its first instruction on, and is told
// what the clients do.
type Tracing interface {
	// Start is targets.Host.Start.
	Start(ctx context.Context, host *targets.Host, command targets.Command) (*targets.Server, error)
	// Came tells of a client that connects, and how its address is asked for.
	Came(name string, address func() netip.AddrPort)
	// Client tells what else a client does.
	Client(name, does string)
	// Note tells of a step of the spec.
	Note(text string)
	// Stop leaves the server unseen, before it is ended.
	Stop() error
}

// check returns what is wrong with a config, in one sentence for the person who
// wrote the settings.
func (c Config) check() error {
	if !slices.Contains(Models(), c.Model) {
		return fmt.Errorf("unknown model %q: known are %s", c.Model, list(Models()))
	}
	if err := c.checkProtocol(); err != nil {
		return err
	}
	for _, word := range append(slices.Clone(c.Only), c.Skip...) {
		if !slices.ContainsFunc(registered, func(e Entry) bool { return named(e.Requirement, word) }) {
			return fmt.Errorf("unknown requirement, chapter or level %q: %sforkproof list shows all", word, nearest.Meant(word, words()))
		}
	}
	if len(c.Selected()) == 0 {
		return fmt.Errorf("nothing is selected: --only %s leaves nothing after --skip %s",
			strings.Join(c.Only, ","), strings.Join(c.Skip, ","))
	}
	return nil
}

// named reports whether a word of --only or --skip stands for a requirement: its ID, its
// chapter, its level, or a pattern as in reaping/*.
func named(r Requirement, word string) bool {
	if word == r.ID || word == r.Chapter() || strings.EqualFold(word, string(r.Level)) {
		return true
	}
	matches, err := path.Match(word, r.ID)
	return err == nil && matches
}

// words returns the IDs and the chapters that a person may have meant.
func words() []string {
	list := slices.Clone(chapters)
	for _, e := range registered {
		list = append(list, e.ID)
	}
	return list
}

// Selected returns the requirements that the filters let through, in the order of
// the catalogue.
func (c Config) Selected() []Entry {
	return slices.DeleteFunc(Catalogue(), func(e Entry) bool { return !c.selects(e.Requirement) })
}

func (c Config) selects(r Requirement) bool {
	by := func(word string) bool { return named(r, word) }
	return (len(c.Only) == 0 || slices.ContainsFunc(c.Only, by)) && !slices.ContainsFunc(c.Skip, by)
}

// excludes says why a requirement does not apply to the model or protocol that
// the server is judged by; empty when it does.
func (c Config) excludes(r Requirement) string {
	if len(c.Inetd) > 0 && !r.Connection {
		return "with --inetd, forkproof accepts: only what concerns one connection is judged"
	}
	if why := c.excluded(r); why != "" {
		return why
	}
	if r.Protocol != "" && r.Protocol != c.Protocol {
		return fmt.Sprintf("applies to --protocol %s only", r.Protocol)
	}
	if why := lacks(c.speaks().Manner(), r.Asks); why != "" {
		return fmt.Sprintf("%s; --protocol %s has none", why, c.Protocol)
	}
	return ""
}

// started returns the command that is started: the server's own, or the one that accepts
// in its place.
func (c Config) started() targets.Command {
	command := c.Command
	command.Args = append(slices.Clone(c.Inetd), command.Args...)
	return command
}

// AppliesTo reports whether a requirement applies to servers of a model that speak a
// protocol. An empty word stands for all, and so does Auto.
func AppliesTo(r Requirement, m Model, p Protocol) bool {
	if m == "" || m == Auto {
		return slices.ContainsFunc(Models(), func(m Model) bool { return m != Auto && AppliesTo(r, m, p) })
	}
	if p == "" {
		return slices.ContainsFunc(Protocols(), func(p Protocol) bool { return AppliesTo(r, m, p) })
	}
	return Config{Model: m, Protocol: p}.excludes(r) == ""
}

// learnt says what was learnt of the server's replies.
func (c Config) learnt() []string {
	if learned, is := c.speaks().(protocol.Learned); is {
		return learned.Tell()
	}
	return nil
}

// told says which dialogue a server is judged by; nil when it is by none.
func (c Config) told() *report.Dialogue {
	if c.Dialogue == nil {
		return nil
	}
	return &report.Dialogue{Name: c.Dialogue.Name, File: c.Dialogue.File}
}

func list[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}
