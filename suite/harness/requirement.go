package harness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2/types"

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

// Models lists the models that a server can be judged by.
func Models() []Model { return []Model{Forking, AnyModel} }

// A Protocol is what a server is expected to speak.
type Protocol string

// Echo is the protocol of RFC 862: every byte comes back.
const Echo Protocol = "echo"

// Protocols lists the protocols that forkproof speaks.
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
	// Model is the design it applies to; empty means AnyModel.
	Model Model
	// Protocol is the protocol it applies to; empty means any.
	Protocol Protocol
}

// Chapter is the part of the ID before the slash.
func (r Requirement) Chapter() string { return strings.SplitN(r.ID, "/", 2)[0] }

// Applies says to which servers, in words.
func (r Requirement) Applies() string {
	who := "every server"
	if r.Model == Forking {
		who = "every forking server"
	}
	if r.Protocol != "" {
		who += " that speaks " + string(r.Protocol)
	}
	return who
}

// A Spec checks one requirement.
type Spec func(*Case)

type entry struct {
	Requirement
	spec Spec
	// place is where Require was called: Ginkgo names it, and keeps to its order.
	place types.CodeLocation
}

// chapters in the order in which a server is judged. A chapter that is not
// listed comes after these.
var chapters = []string{"launch", "echo", "concurrency", "descriptors", "reaping", "termination", "signals", "faults"}

var registered []entry

// Require adds a requirement with its spec to the catalogue. It is called at
// package level; a requirement that is not complete is a programming error.
func Require(r Requirement, spec Spec) Requirement {
	if r.Model == "" {
		r.Model = AnyModel
	}
	for name, value := range map[string]string{
		"Title": r.Title, "Rule": r.Rule, "Why": r.Why, "Source": r.Source,
		"Provoked": r.Provoked, "Hint": r.Hint, "Level": string(r.Level),
	} {
		if value == "" {
			panic(fmt.Sprintf("requirement %q has no %s", r.ID, name))
		}
	}
	registered = append(registered, entry{r, spec, types.NewCodeLocation(1)})
	return r
}

// Catalogue lists every requirement, in the order in which they are judged.
func Catalogue() []Requirement {
	entries := catalogue()
	list := make([]Requirement, len(entries))
	for i, e := range entries {
		list[i] = e.Requirement
	}
	return list
}

func catalogue() []entry {
	list := slices.Clone(registered)
	slices.SortStableFunc(list, func(a, b entry) int { return cmp.Compare(rank(a.Chapter()), rank(b.Chapter())) })
	return list
}

// rank is the place of a chapter in the catalogue.
func rank(chapter string) int {
	if i := slices.Index(chapters, chapter); i >= 0 {
		return i
	}
	return len(chapters)
}

// Find gives the requirement with the given ID.
func Find(id string) (Requirement, bool) {
	for _, e := range registered {
		if e.ID == id {
			return e.Requirement, true
		}
	}
	return Requirement{}, false
}
