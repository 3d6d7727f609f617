package protocol

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

// A Greeting is what a server says before it is spoken to: some lines, whatever they
// say, and then a text. The zero Greeting is empty.
type Greeting struct {
	Lines int
	Text  string
}

// LearnGreeting returns the greeting that a server said to one client: as many lines,
// which may say something else to the next, and what follows the last newline.
func LearnGreeting(said []byte) Greeting {
	last := bytes.LastIndexByte(said, '\n') + 1
	return Greeting{Lines: bytes.Count(said, []byte{'\n'}), Text: string(said[last:])}
}

// String says what the greeting is, in a clause.
func (g Greeting) String() string {
	var parts []string
	if g.Lines == 1 {
		parts = append(parts, "1 line")
	} else if g.Lines > 1 {
		parts = append(parts, fmt.Sprintf("%d lines", g.Lines))
	}
	if g.Text != "" || g.Lines == 0 {
		parts = append(parts, fmt.Sprintf("%q", g.Text))
	}
	return strings.Join(parts, " and ")
}

// Greeted returns a protocol in which the server greets each client first.
func Greeted(p Protocol, g Greeting) Protocol { return greeted{p, g} }

type greeted struct {
	Protocol
	greeting Greeting
}

// Begin implements Protocol.
func (g greeted) Begin(seed uint64, client int) Conversation {
	return &afterGreeting{Conversation: g.Protocol.Begin(seed, client), left: g.greeting}
}

// afterGreeting is a conversation that begins with a greeting. What follows that is
// judged by the conversation itself.
type afterGreeting struct {
	Conversation
	left     Greeting // what has not arrived yet
	received int64
	mismatch *Mismatch
}

// Receive takes the greeting from what arrives, and passes on the rest.
func (a *afterGreeting) Receive(b []byte) {
	for a.left.Lines > 0 && len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			a.received += int64(len(b))
			return
		}
		a.left.Lines--
		a.received += int64(end + 1)
		b = b[end+1:]
	}
	if n := min(len(b), len(a.left.Text)); n > 0 && a.mismatch == nil {
		if i := firstDifference([]byte(a.left.Text[:n]), b[:n]); i >= 0 {
			a.mismatch = &Mismatch{Offset: a.received + int64(i), Want: kept([]byte(a.left.Text[i:])), Got: kept(b[i:])}
			return
		}
		a.left.Text = a.left.Text[n:]
		a.received += int64(n)
		b = b[n:]
	}
	if len(b) > 0 && a.mismatch == nil {
		a.Conversation.Receive(b)
	}
}

// Exchanges implements Finite.
func (a *afterGreeting) Exchanges() (n int, serverEnds bool) {
	if finite, is := a.Conversation.(Finite); is {
		return finite.Exchanges()
	}
	return 0, false
}

// Due implements Telling.
func (a *afterGreeting) Due() string {
	telling, is := a.Conversation.(Telling)
	switch {
	case !is:
		return ""
	case a.left != Greeting{}:
		return "the greeting"
	}
	return telling.Due()
}

// Awaits implements Patient: where requests wait for replies, they do for the greeting.
func (a *afterGreeting) Awaits() bool {
	patient, is := a.Conversation.(Patient)
	return is && a.mismatch == nil && (a.left != Greeting{} || patient.Awaits())
}

// Reply returns what the conversation says, once the greeting has arrived.
func (a *afterGreeting) Reply() (complete bool, wrong error) {
	switch {
	case a.mismatch != nil:
		return false, a.mismatch.clone()
	case a.left != Greeting{}:
		return false, nil
	}
	return a.Conversation.Reply()
}

// A Listener is a conversation in which the client says nothing and keeps the first
// bytes of what it hears. Greeting may be called from another goroutine.
type Listener struct {
	silent
	mu   sync.Mutex
	said []byte
}

// longestGreeting is how much of a greeting is kept, in bytes.
const longestGreeting = 64 << 10

// Receive implements Conversation.
func (l *Listener) Receive(b []byte) {
	l.silent.Receive(b)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, b[:min(len(b), longestGreeting-len(l.said))]...)
}

// Greeting returns what the server has said so far as a greeting.
func (l *Listener) Greeting() Greeting {
	l.mu.Lock()
	defer l.mu.Unlock()
	return LearnGreeting(l.said)
}
