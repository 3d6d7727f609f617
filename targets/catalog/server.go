package catalog

import (
	"cmp"
	"io/fs"
	"path"
)

// A Kind is the purpose that a server is shipped for.
type Kind string

const (
	// Reference is the server that meets every requirement.
	Reference Kind = "reference"
	// Bad servers are faulty: each breaks the requirements that it names.
	Bad Kind = "bad"
	// Good servers are correct, of other designs than the reference.
	Good Kind = "good"
	// Hostile servers attack the machine that runs them: see [Hostiles].
	Hostile Kind = "hostile"
)

// ReferenceName is the name of the one server of kind Reference.
const ReferenceName = "reference"

// modelForking is the model of the reference: a process per connection.
const modelForking = "forking"

// models are the models of servers. A requirement may apply to only some of them.
var models = []string{modelForking, "iterative", "prefork", "threads", "event", "any"}

// EchoProtocol is the protocol of a server whose header names none.
const EchoProtocol = "echo"

// protocolKeys are the keys of a header that say what a server speaks.
var protocolKeys = []string{"protocol", "reply", "send", "path", "post", "dialogue"}

// A Server is one of the servers that forkproof ships.
type Server struct {
	// Name is unique among all servers: the folder that its source is in.
	Name string
	// Kind is the purpose that it is shipped for.
	Kind Kind
	// Breaks lists the IDs of the requirements that a Bad server does not meet.
	Breaks []string
	// Advice lists the IDs of the SHOULD requirements that a Good server does not meet.
	Advice []string
	// Model is the model that it is judged by: "forking", "threads".
	Model string
	// Protocol is what it speaks, "echo" for most; Reply and Send are what has to be told
	// of that protocol, empty for nothing; likewise Path, what a web server is asked for,
	// and Post, what takes a body there.
	Protocol, Reply, Send, Path, Post string
	// Dialogue is its dialogue file, by its path below targets/csrc; empty for none.
	Dialogue string
	// Why describes the defect of a Bad server, or the design of a Good one.
	Why string
	// Source names what to read about it: man pages and sections, books, reports.
	Source string
	// Like names Bad servers whose defects it has, in another setting: what is said of them
	// holds of it. It has no Cause and no Fix of its own then.
	Like []string
	// Cause says in one sentence what a Bad server does wrong, for who wrote one like it.
	Cause string
	// Fix says what to change, in words of C; FixPython in words of Python, where they
	// differ and a Python server can have the defect.
	Fix, FixPython string
	// Seen names what the evidence shows when a Bad server fails; package diagnose has
	// the words.
	Seen []string
	// Args are its arguments; "{port}" stands for the port that it listens on.
	Args []string
	// Step is the step of the reference that a Bad or Hostile server replaces, such as "reap".
	Step string
	// Of is the Good server of which a Bad one replaces a file; empty for the reference.
	Of string
	// Header is the file whose header comment describes the server, by its path below
	// targets/csrc; empty for the Reference.
	Header string
	// Threat is what a Hostile server tries, and how a check of it ends; nil for all others.
	Threat *Threat

	// shared is the folder of the file that a Bad server replaces, where that is one which
	// several servers share; else empty.
	shared string

	sources  fs.FS    // the folder csrc
	units    []string // the C files that are compiled, by their paths in sources
	included []string // the headers that they include
}

// JudgedBy returns the flags of forkproof check by which the server is judged.
func (s Server) JudgedBy() []string {
	flags := []string{"--model", s.Model}
	for _, one := range []struct{ flag, value string }{{"--protocol", s.Protocol}, {"--reply", s.Reply}, {"--send", s.Send}, {"--path", s.Path}, {"--http-post", s.Post}} {
		if one.value != "" && one.value != EchoProtocol {
			flags = append(flags, one.flag, one.value)
		}
	}
	return flags
}

// speaks notes what the header of a server says that it speaks.
func (s *Server) speaks(h header) {
	s.Protocol, s.Reply, s.Send = cmp.Or(h["protocol"], EchoProtocol), h["reply"], h["send"]
	s.Path, s.Post, s.Dialogue = h["path"], h["post"], h["dialogue"]
}

// DialogueText returns the content of its dialogue file, and the name of that; none when
// it has no such file.
func (s Server) DialogueText() (name string, text []byte, err error) {
	if s.Dialogue == "" {
		return "", nil, nil
	}
	text, err = fs.ReadFile(s.sources, s.Dialogue)
	return path.Base(s.Dialogue), text, err
}
