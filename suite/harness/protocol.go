package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/clients/protocol/dialogue"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
)

// A Protocol is what a server is expected to speak.
type Protocol string

const (
	// Echo is the protocol of RFC 862: every byte comes back.
	Echo Protocol = "echo"
	// Line is the protocol of servers that answer each line with a line.
	Line Protocol = "line"
	// Silent judges any server: clients connect, send nothing and leave.
	Silent Protocol = "silent"
	// Learned is the protocol of servers of which calm clients learn how they reply to
	// the requests of Config.Sends.
	Learned Protocol = "learned"
	// HTTP is the protocol of web servers.
	HTTP Protocol = "http"
	// Dialogue is the protocol of Config.Dialogue, which a person wrote down.
	Dialogue Protocol = "dialogue"
)

// Protocols returns the names of the protocols that forkproof speaks.
func Protocols() []Protocol { return []Protocol{Echo, Line, HTTP, Learned, Dialogue, Silent} }

// speaks returns what clients say and must hear. The config is checked.
func (c Config) speaks() protocol.Protocol {
	var speaks protocol.Protocol = protocol.Echoing{}
	switch c.Protocol {
	case Silent:
		return protocol.Silence{}
	case HTTP:
		return protocol.HTTP{Path: c.path(), Deferred: c.deferred}
	case Learned:
		sends, _ := c.Requests()
		return protocol.Learned{Sends: sends, Lesson: c.Lesson}
	case Dialogue:
		return c.speaksDialogue()
	case Line:
		answer, _ := protocol.AnswerNamed(c.Reply)
		speaks = protocol.LineByLine{Answer: answer}
	}
	if c.greets == (protocol.Greeting{}) {
		return speaks
	}
	return protocol.Greeted(speaks, c.greets)
}

// speaksDialogue returns the dialogue, with the greeting in it replaced by one that was
// learnt of a server that says another. A config without one serves AppliesTo.
func (c Config) speaksDialogue() protocol.Protocol {
	switch {
	case c.Dialogue == nil:
		return &dialogue.Dialogue{}
	case c.unprompted:
		return c.Dialogue.Unprompted()
	case c.greets == (protocol.Greeting{}):
		return c.Dialogue
	}
	return protocol.Greeted(c.Dialogue.Unprompted(), c.greets)
}

// Dialogue returns what clients say and must hear, in a requirement on dialogues.
func (c *Case) Dialogue() *dialogue.Dialogue { return c.config.Dialogue }

// checkProtocol returns what is wrong with how a config says what the server speaks.
func (c Config) checkProtocol() error {
	if !slices.Contains(Protocols(), c.Protocol) {
		return fmt.Errorf("unknown protocol %q: known are %s", c.Protocol, list(Protocols()))
	}
	_, known := protocol.AnswerNamed(c.Reply)
	switch {
	case !known:
		return fmt.Errorf("unknown reply %q: known are %s", c.Reply, list(protocol.Answers()))
	case c.Reply != "" && c.Protocol != Line:
		return fmt.Errorf("a reply goes with --protocol %s, not with %s", Line, c.Protocol)
	case len(c.Sends) > 0 && c.Protocol != Learned:
		return fmt.Errorf("a text to send goes with --protocol %s, not with %s", Learned, c.Protocol)
	case len(c.Sends) == 0 && c.Protocol == Learned:
		return fmt.Errorf(`--protocol %s needs what a client sends, as in --send 'PING\r\n'`, Learned)
	case (c.Dialogue == nil) == (c.Protocol == Dialogue):
		return fmt.Errorf("--protocol %s and --dialogue FILE go together", Dialogue)
	case c.Greeting != "" && c.Protocol == Dialogue:
		return errors.New("the dialogue has the greeting: leave --greeting out")
	case c.Greeting != "" && c.Greeting != AnyGreeting && c.Protocol == Learned:
		return fmt.Errorf("--protocol %s learns the greeting, too: leave --greeting out", Learned)
	}
	if err := c.checkHTTP(); err != nil {
		return err
	}
	if _, err := c.Requests(); err != nil {
		return err
	}
	_, err := c.knownGreeting()
	return err
}

// path returns what clients of the protocol HTTP ask for.
func (c Config) path() string { return cmp.Or(c.Path, "/") }

// checkHTTP returns what is wrong with what is said of a web server.
func (c Config) checkHTTP() error {
	for flag, path := range map[string]string{"--path": c.Path, "--http-post": c.Post} {
		switch {
		case path == "":
		case c.Protocol != HTTP:
			return fmt.Errorf("%s goes with --protocol %s, not with %s", flag, HTTP, c.Protocol)
		case !strings.HasPrefix(path, "/") || strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r > '~' || r == '#' }):
			return fmt.Errorf("%s %q: give the path of a resource as it stands in a request, as in /index.html", flag, path)
		}
	}
	if c.Greeting != "" && c.Protocol == HTTP {
		return fmt.Errorf("a server of HTTP does not speak first: leave --greeting out")
	}
	return nil
}

// Requests returns what clients send in turn, where the replies are learnt.
func (c Config) Requests() ([]string, error) {
	list := make([]string, len(c.Sends))
	for i, written := range c.Sends {
		text, err := unquote("send", written)
		if err == nil && text == "" {
			err = errors.New("nothing is to be sent: leave an empty text out")
		}
		if err != nil {
			return nil, err
		}
		list[i] = text
	}
	return list, nil
}

// unquote replaces the escapes in a text that a person wrote for a purpose.
func unquote(purpose, written string) (string, error) {
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.ReplaceAll(written, `\"`, `"`), `"`, `\"`) + `"`)
	if err != nil {
		return "", fmt.Errorf(`%s %q: write a line end as \n or \r\n, and a backslash as \\`, purpose, written)
	}
	return text, nil
}

// AnyGreeting is the Config.Greeting of a server whose greeting is learnt.
const AnyGreeting = "any"

// knownGreeting returns the greeting that a config names; empty when it is learnt.
func (c Config) knownGreeting() (protocol.Greeting, error) {
	if c.Greeting == AnyGreeting {
		return protocol.Greeting{}, nil
	}
	text, err := unquote("greeting", c.Greeting)
	return protocol.Greeting{Text: text}, err
}

// learnGreeting sets the case's greeting to what a server of the run says to its first
// client until it rests. It is learnt once in a run, on a server of its own; where that
// fails, the requirement that is judged shows why.
func (c *Case) learnGreeting() {
	if c.config.Greeting != AnyGreeting || c.config.Protocol == Learned {
		return
	}
	c.run.greeting.Do(func() {
		calm := &Case{run: c.run, config: c.config, ctx: c.ctx}
		defer calm.cleanUp()
		attempt(func() {
			s := calm.start()
			var listener protocol.Listener
			one := s.dial(&listener)
			one.Unheard = true
			s.Reaches(match.Served(one))
			s.Rest()
			c.run.greets = listener.Greeting()
		})
	})
	c.config.greets = c.run.greets
	if c.config.greets != (protocol.Greeting{}) {
		c.Did("the server greets its clients, as a calm one has learnt: %v", c.config.greets)
	}
}

// asWritten is the first requirement of the chapter dialogue.
const asWritten = "dialogue/as-written"

// firstOf are the requirements that a server does not meet which speaks another protocol.
var firstOf = map[Protocol]string{Echo: "echo/exact", HTTP: "http/get", Dialogue: asWritten}

// inAnotherGreeting returns the manner in which a server is judged that does not greet its
// clients as the dialogue has it: the greeting that it has is taken as known.
func (r *Run) inAnotherGreeting(ctx context.Context, e Entry) manner {
	first, found := Find(asWritten)
	if !found || e.ID == listens || e.Chapter() == string(Dialogue) {
		return manner{}
	}
	known := r.verdict(ctx, first, fmt.Sprintf("judged because %s may be missed for the greeting alone", e.ID))
	if known.Verdict != report.Fail || !wrongGreeting(known) {
		return manner{}
	}
	c := &Case{run: r, config: r.config, ctx: ctx}
	c.config.Greeting = AnyGreeting
	c.learnGreeting()
	return manner{greeted: r.greets != (protocol.Greeting{}), unprompted: r.greets == (protocol.Greeting{})}
}

// wrongGreeting says whether a failure shows a client with another greeting than the
// dialogue has, or with none.
func wrongGreeting(q report.Requirement) bool {
	return q.Evidence != nil && slices.ContainsFunc(q.Evidence.Clients, func(c report.Client) bool {
		return c.Wrong != nil && strings.HasPrefix(c.Wrong.Because, dialogue.Greeting) || c.Sent == 0 && c.Received == 0
	})
}

// inItsSpeech returns in which manner a server is to be judged again by what is no matter
// of its protocol, when its first byte to a client is none of that protocol: with its
// greeting taken as known, or else, where no answer is needed, without a word. Its speech
// is the failure of the first requirement of the protocol's chapter.
func (r *Run) inItsSpeech(ctx context.Context, e Entry, res report.Requirement) manner {
	first := firstOf[r.config.Protocol]
	known, judged := r.known(first)
	unmet := res.Verdict == report.Fail || res.Verdict == report.Advice || res.Verdict == report.NotRun && res.FixFirst != ""
	if unmet && r.config.Protocol == Dialogue {
		return r.inAnotherGreeting(ctx, e)
	}
	if !judged || !unmet || known.Verdict != report.Fail || !otherFromTheFirst(known) ||
		strings.HasPrefix(first, e.Chapter()+"/") || r.config.Greeting != "" {
		return manner{}
	}
	if r.config.Protocol == Echo {
		c := &Case{run: r, config: r.config, ctx: ctx}
		c.config.Greeting = AnyGreeting
		c.learnGreeting()
	}
	switch {
	case r.greets != (protocol.Greeting{}):
		return manner{greeted: true}
	case e.Asks == Connections:
		return manner{silent: true}
	}
	return manner{}
}

// otherFromTheFirst says whether a failure shows a client whose first byte was no echo.
func otherFromTheFirst(q report.Requirement) bool {
	return q.Evidence != nil && slices.ContainsFunc(q.Evidence.Clients, func(c report.Client) bool {
		return c.Wrong != nil && c.Wrong.Offset == 0
	})
}

// speakAs has the clients of a case speak in a manner.
func (c *Case) speakAs(m manner) {
	switch {
	case m.greeted:
		c.config.greets = c.run.greets
		c.Did("the server greets its clients, which is taken as known: %v", c.config.greets)
	case m.unprompted:
		c.config.unprompted = true
		c.Did("the server does not greet its clients, which is taken as known")
	case m.silent:
		c.config.Protocol = Silent
		c.Did("nothing is sent, as the server does not speak %s", c.run.config.Protocol)
	}
}

// Path returns what clients of the protocol HTTP ask for, and Post what takes the bodies of
// POST requests there; "" when no such path is named.
func (c *Case) Path() string { return c.config.path() }

// Post returns the path that takes the bodies of POST requests; see Path.
func (c *Case) Post() string { return c.config.Post }
