package harness

import (
	"strings"

	"github.com/forkproof/forkproof/report"
)

// A Model is a design of server that a requirement applies to.
type Model string

const (
	// AnyModel is every server.
	AnyModel Model = "any"
	// Forking is the process-per-connection server.
	Forking Model = "forking"
)

// Models returns the models that a server can be judged by.
func Models() []Model { return []Model{Forking, AnyModel} }

// A Protocol is what a server is expected to speak.
type Protocol string

// Echo is the protocol of RFC 862: every byte comes back.
const Echo Protocol = "echo"

// Protocols returns the protocols that forkproof speaks.
func Protocols() []Protocol { return []Protocol{Echo} }

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
	// BuildsOn are the IDs of the requirements that a server has to meet before this
	// one can be judged. When one of them fails, this one is not-run because of it.
	BuildsOn []string
	// Model is the design it applies to; empty means AnyModel.
	Model Model
	// Protocol is the protocol it applies to; empty means any.
	Protocol Protocol
}

// Chapter returns the part of the ID before the slash.
func (r Requirement) Chapter() string { return strings.SplitN(r.ID, "/", 2)[0] }

// Applies says in words to which servers the requirement applies.
func (r Requirement) Applies() string {
	servers := "every server"
	if r.Model == Forking {
		servers = "every forking server"
	}
	if r.Protocol != "" {
		servers += " that speaks " + string(r.Protocol)
	}
	return servers
}

// Result returns the requirement in the report's terms, with no verdict yet.
func (r Requirement) Result() report.Requirement {
	return report.Requirement{ID: r.ID, Level: r.Level, Title: r.Title, Rule: r.Rule, Hint: r.Hint, Source: r.Source}
}

// A Spec checks one requirement.
type Spec func(*Case)
