package protocol

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Learned is the protocol of servers of which it was learnt how they reply to some
// requests. A client sends these in turn, again and again. The zero value of what was
// learnt takes any byte for a reply.
type Learned struct {
	// Sends are the requests.
	Sends []string
	// Lesson is what was learnt; nil when nothing was.
	Lesson *Lesson
}

// A Lesson is how a server talks to a calm client.
type Lesson struct {
	Greeting Pattern
	// First are the replies to the requests of the first turn, Later those to the same
	// requests in each turn after it.
	First, Later []Pattern
	// Exchanges is after how many exchanges the server ends the connection; 0 when the
	// client does.
	Exchanges int
	// Deferred says that the kernel hands a client to the server only with its first
	// bytes.
	Deferred bool
	// Endless says that a reply had no end, and that nothing else was learnt.
	Endless bool
}

// A Sample is what one calm client has seen.
type Sample struct {
	Greeting []byte
	Replies  [][]byte // in order
	// Ended says that the server ended the connection after the last of them.
	Ended    bool
	Deferred bool
}

// Turns is how often a calm client sends each request.
const Turns = 3

// Teach returns what several samples of a conversation with so many requests teach. The
// error says what of them differs too much.
func Teach(sends []string, samples []Sample) (*Lesson, error) {
	first := samples[0]
	l := &Lesson{Deferred: first.Deferred}
	if first.Ended {
		l.Exchanges = len(first.Replies)
	}
	for _, one := range samples[1:] {
		if len(one.Replies) != len(first.Replies) || one.Ended != first.Ended {
			return nil, fmt.Errorf("%w: the server ends the connection of one client after %d replies, and not so that of another",
				ErrDiffer, min(len(one.Replies), len(first.Replies)))
		}
	}
	var err error
	if l.Greeting, err = Learn(each(samples, func(s Sample) []byte { return s.Greeting })...); err != nil {
		return nil, fmt.Errorf("greeting: %w", err)
	}
	n := len(sends)
	for i := range sends {
		of := func(turn int) [][]byte {
			at := turn*n + i
			if at >= len(first.Replies) {
				return nil
			}
			return each(samples, func(s Sample) []byte { return s.Replies[at] })
		}
		turns, err := learnTurns(of)
		if err != nil {
			return nil, fmt.Errorf("request %s: %w", strconv.Quote(sends[i]), err)
		}
		if turns == nil {
			break // the server ended the connection before
		}
		l.First, l.Later = append(l.First, turns[0]), append(l.Later, turns[1])
	}
	return l, l.ends(sends)
}

// ends returns an error when nothing tells where a reply ends.
func (l *Lesson) ends(sends []string) error {
	if l.Greeting.open() {
		return fmt.Errorf("%w of the greeting", errOpen)
	}
	for i := range l.First {
		last := l.Exchanges == i+1 || l.Exchanges > len(sends) && (l.Exchanges-1)%len(sends) == i
		if !last && (l.First[i].open() || l.Later[i].open()) {
			return fmt.Errorf("%w of the reply to %s", errOpen, strconv.Quote(sends[i]))
		}
	}
	return nil
}

var errOpen = errors.New("the last word, which no line end follows, varies, so nothing tells the end")

func each(samples []Sample, of func(Sample) []byte) [][]byte {
	list := make([][]byte, len(samples))
	for i, s := range samples {
		list[i] = of(s)
	}
	return list
}

// learnTurns returns the pattern of the first turn's reply to a request, and that of all
// later ones; nil when the request was never sent.
func learnTurns(of func(turn int) [][]byte) ([]Pattern, error) {
	first := of(0)
	if first == nil {
		return nil, nil
	}
	var all, later [][]byte
	for turn := range Turns {
		all = append(all, of(turn)...)
		if turn > 0 {
			later = append(later, of(turn)...)
		}
	}
	p, err := Learn(all...)
	if err == nil {
		return []Pattern{p, p}, nil
	}
	one, err := Learn(first...)
	if err != nil || len(later) == 0 {
		return []Pattern{one, one}, err
	}
	again, err := Learn(later...)
	return []Pattern{one, again}, err
}

// Tell says what was learnt, a clause each.
func (l Learned) Tell() []string {
	switch {
	case l.Lesson == nil:
		return nil
	case l.Lesson.Endless:
		return []string{"it answers without end"}
	}
	var list []string
	tell := func(what string, p Pattern) {
		text := what + " " + shortly(p.String())
		if n := len(p.Masked); n > 0 {
			text += ", in which words vary: " + shortly(strings.Join(p.Masked, " "))
		}
		list = append(list, text)
	}
	if len(l.Lesson.Greeting.parts) > 0 {
		tell("it greets with", l.Lesson.Greeting)
	}
	for i, p := range l.Lesson.First {
		tell("it answers "+shortly(l.Sends[i])+" with", p)
		if again := l.Lesson.Later[i]; again.String() != p.String() && l.Lesson.Exchanges == 0 {
			tell("it answers "+shortly(l.Sends[i])+" later with", again)
		}
	}
	if n := l.Lesson.Exchanges; n > 0 {
		list = append(list, fmt.Sprintf("it ends the connection after reply %d", n))
	}
	return list
}

// shortly quotes the beginning of a text.
func shortly(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return strconv.Quote(string(runes[:most])) + "..."
	}
	return strconv.Quote(text)
}

// Manner implements Protocol.
func (l Learned) Manner() Manner {
	m := Manner{Answers: true, Bounded: l.taught(), Owes: "the reply is the one that was learnt"}
	if l.taught() {
		m.Exchanges = l.Lesson.Exchanges
	} else {
		m.Owes = "each request has a reply"
	}
	return m
}

// taught reports whether it is known what the server replies.
func (l Learned) taught() bool { return l.Lesson != nil && !l.Lesson.Endless }

// Begin implements Protocol.
func (l Learned) Begin(uint64, int) Conversation {
	t := &taught{Learned: l}
	if l.taught() && len(l.Lesson.Greeting.parts) > 0 {
		t.due, t.greeting = []reading{{pattern: l.Lesson.Greeting}}, true
	}
	return t
}
