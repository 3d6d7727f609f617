package suite

import (
	"io"
	"slices"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/clients/protocol/dialogue"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

const (
	theDialogue  = "the dialogue file, which says what clients send and what they are to hear"
	leavesOpen   = "; what depends on the clients before is to be left open in the dialogue"
	wholeRequest = "keep what has arrived until a request is whole (a line up to its newline), handle that, and keep the rest for the next one"
)

var _ = Require(Requirement{
	ID: "dialogue/as-written", Level: report.Must, Connection: true, Protocol: Dialogue,
	BuildsOn: []string{"launch/listens"},
	Title:    "says what the dialogue has, to each kind of client",
	Rule:     "a server answers each request as its protocol has it",
	Why:      "clients are written by the protocol: one that hears something else breaks, or waits for ever",
	Source:   theDialogue,
	Provoked: "one client of each kind comes to a fresh server, after those that the dialogue has come before it, and sends each request after the reply to the one before",
	Hint:     "compare what the server sends with the line of the dialogue that is named; end each reply as written, flush it, and say nothing else",
}, func(c *Case) {
	eachKind(c, func(s *Server, d *dialogue.Dialogue) { converse(s, d, s.Expect) })
	c.Dismiss() // whether it serves another client is a matter of launch/serves-again
})

var _ = Require(Requirement{
	ID: "dialogue/in-pieces", Level: report.Must, Connection: true, Protocol: Dialogue,
	BuildsOn: []string{"dialogue/as-written"},
	Title:    "answers requests that come one byte at a time",
	Rule:     byteStream,
	Why:      "a server that takes one read for one request works on loopback and fails over a slow line",
	Source:   "UNP 3rd ed. §3.9; RFC 9293 §3.8",
	Provoked: "one client of each kind sends each byte in a segment of its own, after the server has taken the one before",
	Hint:     wholeRequest,
}, func(c *Case) {
	c.NeedsMet("dialogue/as-written")
	eachKind(c, func(s *Server, d *dialogue.Dialogue) {
		one := greeted(s, d, s.Needs)
		for !one.IsOver() {
			inPieces(s, one)
			s.Expect(match.Answered(one))
		}
		c.Did("%s sent its requests byte by byte", one.Name)
	})
})

var _ = Require(Requirement{
	ID: "dialogue/pipelined", Level: report.Must, Connection: true, Protocol: Dialogue,
	BuildsOn: []string{"dialogue/as-written"},
	Title:    "answers all requests that come in one segment, in order",
	Rule:     byteStream,
	Why:      "a server that takes one read for one request drops all but the first of those that arrive together",
	Source:   "UNP 3rd ed. §3.9; RFC 9293 §3.8",
	Provoked: "one client of each kind sends all its requests with one write; for a dialogue that says pipelining: true",
	Hint:     "after a request, look for the next one in what has arrived already, before you read again",
}, func(c *Case) {
	if !c.Dialogue().Pipelining {
		c.NotApplicable("the dialogue does not say that requests may come together (pipelining: true)")
	}
	c.NeedsMet("dialogue/as-written")
	eachKind(c, func(s *Server, d *dialogue.Dialogue) {
		one := greeted(s, d, s.Needs)
		var all []byte
		for !one.IsOver() {
			all = append(all, next(one)...)
		}
		one.Send(protocol.Literal(all))
		c.Did("%s sent all its requests with one write", one.Name)
		s.Expect(match.Answered(one))
	})
})

var _ = Require(Requirement{
	ID: "dialogue/own-answers", Level: report.Must, Models: Concurrent, Protocol: Dialogue,
	BuildsOn: []string{"concurrency/many", "dialogue/as-written"},
	Title:    "gives each of 20 clients of all kinds its own answers",
	Rule:     "each connection is served by itself, with data of its own",
	Why:      "a name, a buffer or a file position that clients share shows only when they talk at the same time",
	Source:   "UNP 3rd ed. §4.8; " + theDialogue,
	Provoked: "20 clients, which take turns through the kinds, send in step: each has its reply before any sends the next request",
	Hint:     "keep what belongs to one client (its name, its buffer) in the process or thread that serves it" + leavesOpen,
}, func(c *Case) {
	c.NeedsMet("dialogue/as-written")
	s := c.Launch()
	all := make(Group, c.UpTo(20))
	for i := range all {
		all[i] = s.Dial()
		s.Needs(match.Connected(all[i]))
		s.Needs(match.Answered(all[i])) // its greeting
	}
	c.Did("connected %s", all.Names())
	for slices.ContainsFunc(all, func(one *match.Client) bool { return !one.IsOver() }) {
		s.Say(all)
		s.Needs(match.Served(all...))
		s.Expect(match.Answered(all...))
	}
	s.Leave(all)
	s.Rest()
})

var _ = Require(Requirement{
	ID: "dialogue/abandoned", Level: report.Must, Protocol: Dialogue,
	BuildsOn: []string{"dialogue/as-written", "termination/child-exits", "descriptors/no-close-wait"},
	Title:    "is unharmed by clients that leave in the middle of a request",
	Rule:     "read returns 0 when the client has ended its side, also in the middle of a request",
	Why:      "clients crash and lose their network: what one of them leaves behind must cost nobody else anything",
	Source:   "read(2); UNP 3rd ed. §5.12 to §5.14",
	Provoked: "clients of each kind leave in the middle of each of their requests, while another one, if it can be served meanwhile, is in the middle of its talk; that one goes on, and new ones come",
	Hint:     "test for 0 in every loop that reads; then give back what the client had (locks, its place among the users) and close" + leavesOpen,
}, func(c *Case) {
	c.NeedsMet("dialogue/as-written")
	for _, owner := range []string{"termination/child-exits", "descriptors/no-close-wait"} {
		c.NeedsMet(owner)
	}
	s, d := c.Launch(), c.Dialogue()
	var witness *match.Client
	if c.AtOnce(2) > 1 {
		witness = greeted(s, d, s.Needs)
		s.SayOne(witness)
		s.Needs(match.Answered(witness))
		c.Did("%s is in the middle of its talk", witness.Name)
	}
	kinds := slices.DeleteFunc(slices.Clone(d.Kinds), func(k dialogue.Kind) bool { return k.After != "" })
	for _, k := range kinds {
		for i := range k.Talk {
			abandon(c, s, d.Only(k), i)
		}
		c.Did("clients like %s left in the middle of each of %d requests", k.Name, len(k.Talk))
	}
	if witness != nil {
		s.Expect(match.StillOpen(witness))
		finish(s, witness, s.Expect)
		s.Leave(Group{witness})
	}
	for _, k := range kinds {
		s.Leave(Group{converse(s, d.Only(k), s.Expect)})
	}
})

// eachKind does the same with each kind of client, each on a fresh server, on which those
// that have to come before have talked and left.
func eachKind(c *Case, do func(*Server, *dialogue.Dialogue)) {
	d := c.Dialogue()
	for i, k := range d.Kinds {
		s := c.Launch()
		for _, before := range d.Before(k) {
			s.Leave(Group{converse(s, d.Only(before), s.Needs)})
			c.Did("a client like %s talked and left", before.Name)
		}
		do(s, d.Only(k))
		c.Did("a client like %s had its replies", k.Name)
		if i < len(d.Kinds)-1 {
			s.End()
		}
	}
}

// greeted connects a client that hears the greeting, or none: it waits until the server
// sleeps, to hear one that the dialogue does not have.
func greeted(s *Server, d *dialogue.Dialogue, demand func(match.Matcher)) *match.Client {
	one := s.DialIn(d)
	s.Needs(match.Connected(one))
	s.Reaches(match.Accepted(one))
	s.Rest()
	demand(match.Answered(one))
	return one
}

// converse has a client say all that the dialogue has, each request after the reply to the
// one before.
func converse(s *Server, d *dialogue.Dialogue, demand func(match.Matcher)) *match.Client {
	one := greeted(s, d, demand)
	finish(s, one, demand)
	return one
}

// finish has a client say the rest. More than the last reply is wrong, if it comes before
// the server sleeps.
func finish(s *Server, one *match.Client, demand func(match.Matcher)) {
	for !one.IsOver() {
		s.SayOne(one)
		demand(match.Answered(one))
	}
	if one.Stays {
		s.Rest()
		demand(match.Answered(one))
	}
}

// abandon has a client leave in the middle of a request, after some exchanges.
func abandon(c *Case, s *Server, d *dialogue.Dialogue, exchanges int) {
	one := greeted(s, d, s.Needs)
	for range exchanges {
		s.SayOne(one)
		s.Needs(match.Answered(one))
	}
	request := next(one)
	one.Send(protocol.Literal(request[:(len(request)+1)/2]))
	s.Settles(match.Taken(one))
	if left := s.Leave(Group{one}); left.Wrong != nil {
		c.Fail(*left.Wrong)
	}
}

// next takes a client's next request, which it does not send.
func next(one *match.Client) []byte {
	one.Spoke()
	request := one.Request()
	b := make([]byte, request.Size())
	_, _ = io.ReadFull(io.NewSectionReader(request, 0, request.Size()), b) // it does not fail within its size
	return b
}

// mostPieces is how many pieces a request comes in.
const mostPieces = 200

// inPieces has a client send its next request byte by byte, and the end of a long one at
// once.
func inPieces(s *Server, one *match.Client) {
	request := next(one)
	for i := range request[:min(len(request), mostPieces)] {
		end := i + 1
		if end == mostPieces {
			end = len(request)
		}
		one.Send(protocol.Literal(request[i:end]))
		s.Settles(match.Taken(one))
	}
}
