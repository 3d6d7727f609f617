// Package lesson learns how a server replies to some requests. Calm clients teach it,
// before the server is judged: two come one after another, a third while another one is
// connected, and a fourth comes to a fresh server. What differs among them is open.
package lesson

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

// advice ends what is wrong with a lesson.
const advice = "write a dialogue for such a server, or judge it with --protocol silent"

// Learn returns how the configured server replies to a calm client; nil when it does not
// serve one: what keeps it from that is for the requirements to show. The error, for the
// person who wrote the settings, says why nothing can be learnt.
func Learn(ctx context.Context, config harness.Config) (*protocol.Lesson, error) {
	sends, err := config.Requests()
	if err != nil {
		return nil, err
	}
	config.Lesson, config.TimeLimit, config.OnStart, config.OnDone = nil, 0, nil, nil
	run, err := harness.New(config)
	if err != nil {
		return nil, err
	}
	c := class{sends: sends, turns: protocol.Turns}
	c.attend(ctx, run, c.three)
	c.attend(ctx, run, c.one)
	if err := run.Close(); err != nil {
		return nil, fmt.Errorf("not everything of the server could be ended: %w", err)
	}
	switch {
	case c.tooLong != "":
		return nil, fmt.Errorf("the reply to %s is longer than 1 MiB: send what has a shorter one", strconv.Quote(c.tooLong))
	case c.endless:
		return &protocol.Lesson{Endless: true}, nil
	case len(c.samples) < 2:
		return nil, nil
	}
	lesson, err := protocol.Teach(sends, c.samples)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, advice)
	}
	return lesson, nil
}

// A class is what the calm clients teach.
type class struct {
	sends   []string
	turns   int // how often a client sends each of them
	samples []protocol.Sample
	// partly says that a client which is not answered at last has taught something, too.
	partly  bool
	tooLong string // the request whose reply is longer than what can be learnt
	endless bool   // a reply has no end
}

// attend runs steps on a fresh server. Whatever ends them early is for the requirements
// to show.
func (c *class) attend(ctx context.Context, run *harness.Run, steps func(*harness.Server)) {
	run.Try(ctx, harness.Requirement{ID: "lesson/replies", Level: report.Must}, func(k *harness.Case) {
		k.Dismiss()
		steps(k.Launch())
	})
}

// second is how far apart the clients are: a clock's second has changed.
const second = time.Second + 10*time.Millisecond

// three has two clients come one after another, and a third beside another one.
func (c *class) three(s *harness.Server) {
	for range 2 {
		one := c.teach(s)
		s.Leave(harness.Group{one})
		s.LetPass(second)
	}
	s.Reaches(match.Connected(s.DialAs(new(protocol.Recorder))))
	s.Rest()
	c.teach(s)
}

// one has a client come.
func (c *class) one(s *harness.Server) {
	s.LetPass(second)
	c.teach(s)
}

// errNoReply ends the teaching of a client that is not answered.
var errNoReply = errors.New("no reply")

// teach has a client send each request some times, and notes what it hears.
func (c *class) teach(s *harness.Server) *match.Client {
	var heard protocol.Recorder
	one := s.DialAs(&heard)
	s.Needs(match.Connected(one))
	var sample protocol.Sample
	one.Unheard = true
	s.Reaches(match.Served(one))
	sample.Deferred = s.See(match.Everything).Deferred() == one
	s.Rest()
	sample.Greeting, _ = heard.Take()
	one.Unheard = false
	for range c.turns {
		for _, text := range c.sends {
			if one.History().Ended() {
				break
			}
			reply, err := c.ask(s, one, &heard, text)
			if err != nil && !c.partly {
				return one
			}
			sample.Replies = append(sample.Replies, reply)
		}
	}
	sample.Ended = one.History().Ended()
	if len(sample.Replies) > 0 || c.partly {
		c.samples = append(c.samples, sample)
	}
	return one
}

// ask has a client send a request, and returns the reply.
func (c *class) ask(s *harness.Server, one *match.Client, heard *protocol.Recorder, text string) ([]byte, error) {
	one.Spoke()
	one.Send(protocol.Text(text))
	answered := s.Reaches(match.Served(one))
	if answered && s.Reaches(match.ReplyOver(one)) {
		s.Rest()
	}
	reply, cut := heard.Take()
	_, endless := heard.Reply()
	c.endless = c.endless || endless != nil
	switch {
	case !answered || endless != nil || len(reply) == 0:
		return nil, errNoReply
	case cut:
		c.tooLong = text
		return nil, errNoReply
	}
	return reply, nil
}
