// Package dialogue reads dialogue files and judges replies by them. A dialogue file is a
// conversation that a person wrote down, or that forkproof record did: what clients send,
// and what of the replies is known. docs/protocols.md describes the format.
package dialogue

import (
	"strconv"

	"github.com/forkproof/forkproof/clients/protocol"
)

// Version is the version of the format, the value of the key dialogue.
const Version = "v1"

// A Dialogue is a conversation as a file has it. It implements protocol.Protocol.
type Dialogue struct {
	// File is the name of the file, for messages.
	File string
	// Name is what the person calls the server.
	Name string
	// Greeting is what the server says before it is spoken to; nil when it says nothing.
	Greeting *Expect
	// Kinds are the kinds of clients, at least one.
	Kinds []Kind
	// Hold is a beginning of the first request of every kind, after which the server
	// waits for the rest; empty when there is none.
	Hold string
	// Pipelining says that the server takes several requests in one segment.
	Pipelining bool
}

// A Kind is a kind of client: what one client says from connecting to its end.
type Kind struct {
	Name string
	// After names the kind of a client that has left the same server before one of this
	// kind connects. Empty means that one of this kind needs no other.
	After string
	Talk  []Exchange
}

// An Exchange is a request and what is known of the reply.
type Exchange struct {
	// Line of the file, from 1.
	Line int
	Send Text
	// Expect is nil when nothing is known of the reply: then it is one line or, where the
	// server ends the connection, whatever comes before the end.
	Expect *Expect
	// Ends says that the server ends the connection after the reply. Only the last
	// exchange of a talk has it.
	Ends bool
}

// An Expect is what is known of a reply. What is left out is open.
type Expect struct {
	// Line of the file, from 1.
	Line int
	// Exact is the whole reply, where IsExact.
	Exact   Text
	IsExact bool
	// Size is the length of the reply in bytes; 0 when Until tells its end.
	Size int64
	// Until ends the reply, which it is a part of.
	Until Text
	// Prefix is what the reply begins with.
	Prefix Text
	// Contains are parts of the reply, in any order; Never are none.
	Contains, Never []Text
	// Regexp matches the reply (RE2). A named group is a value for later texts.
	Regexp Text
	// JSON are members that the reply has as a JSON text.
	JSON []Member
}

// A Member is a value in a JSON text.
type Member struct {
	// Path has names and indices from 0, separated by dots: "days.0.title".
	Path string
	// Value is nil, a bool, a float64 or a Text.
	Value any
}

// lineEnd ends a reply of which the end is not told.
const lineEnd = "\n"

// Manner implements protocol.Protocol. How many exchanges there are is a matter of the
// client's kind: see protocol.Finite.
func (d *Dialogue) Manner() protocol.Manner {
	return protocol.Manner{Answers: true, Bounded: true, Owes: "the replies are as the dialogue has them"}
}

// Begin implements protocol.Protocol: clients take turns through the kinds that need no
// other client before them.
func (d *Dialogue) Begin(_ uint64, client int) protocol.Conversation {
	var kinds []*Kind
	for i := range d.Kinds {
		if d.Kinds[i].After == "" {
			kinds = append(kinds, &d.Kinds[i])
		}
	}
	return d.begin(kinds[(client-1)%len(kinds)], client)
}

// begin returns the conversation of a client of a kind.
func (d *Dialogue) begin(kind *Kind, client int) *talk {
	t := &talk{dialogue: d, kind: kind, values: map[string]string{clientWord: strconv.Itoa(client)}}
	if d.Greeting != nil {
		t.greeting = true
		t.due = []*reading{read(*d.Greeting, t.values)}
	}
	return t
}

// Only returns the dialogue with one kind of client, whichever clients came before.
func (d *Dialogue) Only(k Kind) *Dialogue {
	only := *d
	k.After = ""
	only.Kinds = []Kind{k}
	return &only
}

// Unprompted returns the dialogue without its greeting.
func (d *Dialogue) Unprompted() *Dialogue {
	silent := *d
	silent.Greeting = nil
	return &silent
}

// Kind returns the kind of that name, or nil.
func (d *Dialogue) Kind(name string) *Kind {
	for i := range d.Kinds {
		if d.Kinds[i].Name == name {
			return &d.Kinds[i]
		}
	}
	return nil
}

// Before returns the kinds of which a client has left before one of kind k connects, the
// first first.
func (d *Dialogue) Before(k Kind) []Kind {
	var list []Kind
	for name := k.After; name != ""; name = list[0].After {
		list = append([]Kind{*d.Kind(name)}, list...)
	}
	return list
}
