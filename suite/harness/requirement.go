package harness

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/report"
)

// A Model is a design of server that a server is judged by, and that a requirement
// applies to.
type Model string

const (
	// AnyModel is every server.
	AnyModel Model = "any"
	// Auto is the model that the server turns out to have.
	Auto Model = "auto"
	// Iterative is the server that serves its clients one after another.
	Iterative Model = "iterative"
	// Forking is the process-per-connection server.
	Forking Model = "forking"
	// Prefork is the server whose processes are there before the clients.
	Prefork Model = "prefork"
	// Threads is the thread-per-connection server, and that with a pool of threads.
	Threads Model = "threads"
	// Event is the server of one process that waits for all clients at once.
	Event Model = "event"
)

// Models returns the models that a server can be judged by.
func Models() []Model {
	return []Model{Forking, AnyModel, Auto, Iterative, Prefork, Threads, Event}
}

// Sets of models that requirements apply to.
var (
	// Forked is the server with a child for each connection.
	Forked = []Model{Forking}
	// WithChildren are servers whose connections may have a child each.
	WithChildren = []Model{AnyModel, Forking}
	// Concurrent are servers that serve several clients at once.
	Concurrent = []Model{AnyModel, Forking, Prefork, Threads, Event}
	// Designed are servers of a design of their own, other than Forking.
	Designed = []Model{Iterative, Prefork, Threads, Event}
	// OneByOne is the server that serves its clients one after another.
	OneByOne = []Model{Iterative}
)

// traits says of each model what keeps a requirement from applying to it.
var traits = map[Model]string{
	AnyModel:  "it holds for one design only",
	Forking:   "a forking server has a process for each client, which concurrency/own-process asks for",
	Iterative: "an iterative server serves one client at a time, in its own process",
	Prefork:   "the processes of a prefork server are there before its clients and outlive them",
	Threads:   "a server with threads serves its clients in its own process",
	Event:     "a server with an event loop serves its clients in its own process",
}

// servers names the servers that some models cover: "every forking server".
func servers(models []Model) string {
	switch {
	case len(models) == 0:
		return "every server"
	case slices.Equal(models, WithChildren):
		return "every server with a child for each client"
	case slices.Equal(models, Concurrent):
		return "every concurrent server"
	case slices.Equal(models, Forked):
		return "every forking server"
	case slices.Equal(models, OneByOne):
		return "every iterative server"
	}
	return "every server judged by --model " + list(models)
}

// covers says whether a requirement applies to a model.
func (r Requirement) covers(m Model) bool { return len(r.Models) == 0 || slices.Contains(r.Models, m) }

// A Requirement is one sentence that a server is held to.
type Requirement struct {
	// ID is chapter/slug. It is public interface and never changes.
	ID    string
	Level report.Level
	// Title completes "the server …".
	Title string
	// Rule is what its source demands, in one sentence.
	Rule string
	// Why says what goes wrong in practice when it is not met.
	Why string
	// Source is where the rule stands: man page and section, POSIX, UNP section, RFC.
	Source string
	// Provoked says how the case is brought about.
	Provoked string
	// Hint says what to change.
	Hint string
	// BuildsOn are the IDs of the requirements that own what this one takes for granted.
	// When a server falls short of that (Needs) and one of them fails, this one is
	// not-run because of it. A failed Expect is this one's own failure all the same.
	BuildsOn []string
	// Models are those it applies to; none means all.
	Models []Model
	// Connection says that it concerns one connection alone: it applies to a program, too,
	// that is started with a connection as its descriptors 0, 1 and 2.
	Connection bool
	// Protocol is the protocol it applies to; empty means any.
	Protocol Protocol
	// Asks is what it asks of the protocol of the server.
	Asks Ask
	// Long says that its steps have the server serve clients many times in turn: it is
	// started before others.
	Long bool
}

// Chapter returns the part of the ID before the slash.
func (r Requirement) Chapter() string { return strings.SplitN(r.ID, "/", 2)[0] }

// Applies says in words to which servers the requirement applies.
func (r Requirement) Applies() string {
	servers := servers(r.Models)
	switch r.Protocol {
	case "":
	case Dialogue:
		servers += " that is judged by a dialogue"
	default:
		servers += " that speaks " + string(r.Protocol)
	}
	if r.Asks > Connections {
		servers += " that answers its clients"
	}
	return servers
}

// Result returns the requirement in the report's terms, with no verdict yet.
func (r Requirement) Result() report.Requirement {
	return report.Requirement{ID: r.ID, Level: r.Level, Title: r.Title, Rule: r.Rule, Hint: r.Hint, Source: r.Source}
}

// A Spec checks one requirement.
type Spec func(*Case)

// An Entry is a requirement of the catalogue with the spec that checks it.
type Entry struct {
	Requirement
	Spec Spec
	// File and Line are where Require was called.
	File string
	Line int
}

// chapters in the order in which a server is judged. A chapter that is not
// listed comes after these.
var chapters = []string{"launch", "echo", "http", "dialogue", "concurrency", "descriptors", "reaping", "termination", "signals", "faults"}

// registered is complete once every package is initialised.
var registered []Entry

// Require adds a requirement with its spec to the catalogue. It is called at
// package level; an incomplete requirement is a programming error.
func Require(r Requirement, spec Spec) Requirement {
	for name, value := range map[string]string{
		"Title": r.Title, "Rule": r.Rule, "Why": r.Why, "Source": r.Source,
		"Provoked": r.Provoked, "Hint": r.Hint, "Level": string(r.Level),
	} {
		if value == "" {
			panic(fmt.Sprintf("requirement %q has no %s", r.ID, name))
		}
	}
	e := Entry{Requirement: r, Spec: spec}
	_, e.File, e.Line, _ = runtime.Caller(1)
	registered = append(registered, e)
	return r
}

// Catalogue returns every requirement, in the order in which they are judged.
func Catalogue() []Entry {
	list := slices.Clone(registered)
	slices.SortStableFunc(list, func(a, b Entry) int { return cmp.Compare(Rank(a.Chapter()), Rank(b.Chapter())) })
	return list
}

// Rank returns the place of a chapter in the catalogue, from 0.
func Rank(chapter string) int {
	if i := slices.Index(chapters, chapter); i >= 0 {
		return i
	}
	return len(chapters)
}

// Find returns the requirement with the given ID.
func Find(id string) (Entry, bool) {
	i := slices.IndexFunc(registered, func(e Entry) bool { return e.ID == id })
	if i < 0 {
		return Entry{}, false
	}
	return registered[i], true
}

// BuildsOn returns, for each requirement of the catalogue, the IDs of those that it builds
// on.
func BuildsOn() map[string][]string {
	on := map[string][]string{}
	for _, e := range registered {
		on[e.ID] = e.BuildsOn
	}
	return on
}

// Foundations returns all that a requirement builds on, directly or not: the
// root first, and each before what builds on it.
func Foundations(r Requirement) []Entry {
	var list []Entry
	seen := map[string]bool{r.ID: true}
	var visit func(Requirement)
	visit = func(r Requirement) {
		for _, id := range r.BuildsOn {
			if e, known := Find(id); known && !seen[id] {
				seen[id] = true
				visit(e.Requirement)
				list = append(list, e)
			}
		}
	}
	visit(r)
	return list
}

// An Ask is what a spec asks of the protocol, beyond a connection.
type Ask int

const (
	// Connections asks for nothing more: that a client is served shows in any protocol.
	Connections Ask = iota
	// Answers asks for replies.
	Answers
	// Streams asks for requests that are sent without reading the replies.
	Streams
)

// lacks says why a protocol does not do what a spec asks; empty when it does.
func lacks(m protocol.Manner, ask Ask) string {
	switch {
	case ask >= Answers && !m.Answers:
		return "needs an answer of the server"
	case ask == Streams && !m.Streams:
		return "needs requests that follow one another without a reply"
	}
	return ""
}
