package harness

import (
	"slices"

	"github.com/forkproof/forkproof/clients/protocol"
)

// A Protocol is what a server is expected to speak.
type Protocol string

// Echo is the protocol of RFC 862: every byte comes back.
const Echo Protocol = "echo"

// A language is a protocol that forkproof speaks, under its name.
type language struct {
	name     Protocol
	protocol protocol.Protocol
}

// spoken are the protocols that forkproof speaks.
var spoken = []language{
	{Echo, protocol.Echoing{}},
}

// Protocols returns the names of the protocols that forkproof speaks.
func Protocols() []Protocol {
	names := make([]Protocol, len(spoken))
	for i, p := range spoken {
		names[i] = p.name
	}
	return names
}

// speaks returns what clients say and must hear. The config is checked.
func (c Config) speaks() protocol.Protocol {
	i := slices.IndexFunc(spoken, func(l language) bool { return l.name == c.Protocol })
	return spoken[max(i, 0)].protocol
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
