package catalog

import "io/fs"

// A Kind says what a server is shipped for.
type Kind string

const (
	// Reference is the server that meets every requirement.
	Reference Kind = "reference"
	// Bad servers are faulty: each breaks the requirements that it names.
	Bad Kind = "bad"
	// Good servers are correct, of other designs than the reference.
	Good Kind = "good"
	// Hostile servers attack whoever runs them: see [Hostiles].
	Hostile Kind = "hostile"
)

// ReferenceName is the name of the one server of kind Reference.
const ReferenceName = "reference"

// The models that a server can be of; a requirement may apply to one of them only.
const (
	modelForking = "forking" // a process per connection
	modelAny     = "any"     // every other design
)

// A Server is one of the servers that forkproof ships.
type Server struct {
	// Name is unique among all servers: the folder that its source is in.
	Name string
	// Kind says what it is shipped for.
	Kind Kind
	// Breaks lists the IDs of the requirements that a Bad server does not meet.
	Breaks []string
	// Advice lists the IDs of the SHOULD requirements that a Good server does not meet.
	Advice []string
	// Model is "forking" or "any": the model that it is to be judged by.
	Model string
	// Why says what is wrong with a Bad server, and what the design of a Good one is.
	Why string
	// Source names where to read about it: man pages and sections, books, reports.
	Source string
	// Args are its arguments; "{port}" stands for the port that it is to listen on.
	Args []string
	// Step is the step of the reference that a Bad or Hostile server replaces, such as "reap".
	Step string
	// Threat is what a Hostile server tries, and what has to come of it; nil for all others.
	Threat *Threat

	sources  fs.FS    // the folder csrc
	units    []string // the C files that are compiled, by their paths in sources
	included []string // the headers that they include
}
