package record

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/clients/protocol/dialogue"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/lesson"
)

// rounds is how often the talks are said again to one server: the second time, the server
// has the first behind it.
const rounds = 2

// Draft returns the dialogue of what was said, once it has been said again: on a fresh
// server, on the same one once more, and each talk but the first on a server of its own.
// What differs is left open. Notes tell what of it could not be kept, a sentence each.
func Draft(ctx context.Context, config harness.Config, talks []Talk) (d *dialogue.Dialogue, notes []string, err error) {
	talks, notes = spoken(talks)
	if len(talks) == 0 {
		return nil, nil, fmt.Errorf("no client sent anything, so there is nothing to write")
	}
	sends := make([][]string, len(talks))
	for i, talk := range talks {
		for _, turn := range talk.Turns {
			sends[i] = append(sends[i], string(turn.Send))
		}
	}
	again, err := lesson.Replay(ctx, config, sends, rounds)
	if err != nil {
		return nil, nil, err
	}
	d = &dialogue.Dialogue{}
	var greetings [][]byte
	for _, round := range again {
		for _, sample := range round {
			greetings = append(greetings, sample.Greeting)
		}
	}
	if len(slices.Concat(greetings...)) > 0 {
		greeting, told := known(greetings, false)
		if !told {
			notes = append(notes, "Nothing tells where the greeting ends: it is left out.")
		}
		d.Greeting = greeting
	}
	for i, talk := range talks {
		k := dialogue.Kind{Name: fmt.Sprintf("client %d", i+1)}
		samples := []protocol.Sample{again[0][i], again[1][i]}
		var left string
		if k.Talk, left = exchanges(talk, samples); left != "" {
			notes = append(notes, fmt.Sprintf("Of %s, %s is left out, and what follows: nothing tells where the reply ends.", k.Name, left))
		}
		if len(k.Talk) == 0 {
			continue
		}
		if slices.ContainsFunc(d.Kinds, func(other dialogue.Kind) bool { return same(other, k) }) {
			continue
		}
		if len(d.Kinds) > 0 {
			alone, err := lesson.Replay(ctx, config, sends[i:i+1], 1)
			if err != nil {
				return nil, nil, err
			}
			if !fits(d, k, alone[0][0]) {
				k.After = d.Kinds[len(d.Kinds)-1].Name
			}
		}
		d.Kinds = append(d.Kinds, k)
	}
	if len(d.Kinds) == 0 {
		return nil, nil, fmt.Errorf("the server gave no reply of which the end can be told, so there is nothing to write")
	}
	return d, notes, nil
}

// spoken returns the talks in which a client said something.
func spoken(talks []Talk) (list []Talk, notes []string) {
	for i, talk := range talks {
		if len(talk.Turns) > 0 {
			list = append(list, talk)
		}
		if talk.Cut {
			notes = append(notes, fmt.Sprintf("Connection %d is noted up to 256 KiB.", i+1))
		}
	}
	return list, notes
}

// exchanges returns the exchanges of a talk, as it was and as it was said again, and the
// request from which on they are left out; "" when none is.
func exchanges(talk Talk, again []protocol.Sample) (list []dialogue.Exchange, left string) {
	n := len(talk.Turns)
	for _, sample := range again {
		n = min(n, len(sample.Replies))
	}
	ended := !slices.ContainsFunc(again, func(s protocol.Sample) bool { return !s.Ended || len(s.Replies) != n })
	recorded := timely(talk, again[0])
	for i := range n {
		replies := [][]byte{again[0].Replies[i], again[1].Replies[i]}
		if recorded {
			replies = append(replies, talk.Turns[i].Reply)
		}
		last := ended && i == n-1
		expect, told := known(replies, last)
		if !told {
			return list, fmt.Sprintf("the request %.40q", talk.Turns[i].Send)
		}
		list = append(list, dialogue.Exchange{Send: dialogue.Text(talk.Turns[i].Send), Expect: expect, Ends: last})
	}
	return list, ""
}

// timely reports whether the replies that were noted belong to the requests they stand
// behind: a person may send on while a reply still comes. They do not where they are the
// same as later ones in all, and not one by one.
func timely(talk Talk, again protocol.Sample) bool {
	if len(talk.Turns) != len(again.Replies) {
		return false
	}
	var one, other []byte
	for i, turn := range talk.Turns {
		one, other = append(one, turn.Reply...), append(other, again.Replies[i]...)
	}
	if !bytes.Equal(one, other) {
		return true
	}
	for i, turn := range talk.Turns {
		if !bytes.Equal(turn.Reply, again.Replies[i]) {
			return false
		}
	}
	return true
}

// known returns what several replies to the same request have in common. told is false
// when nothing tells where such a reply ends. Where the server ends the connection, nothing
// need.
func known(replies [][]byte, ended bool) (e *dialogue.Expect, told bool) {
	pattern, err := protocol.Learn(replies...)
	text := !slices.ContainsFunc(replies, func(r []byte) bool { return !utf8.Valid(r) || bytes.IndexByte(r, 0) >= 0 })
	first := replies[0]
	switch {
	case !slices.ContainsFunc(replies, func(r []byte) bool { return !bytes.Equal(r, first) }) && len(pattern.Masked) == 0:
		if len(first) == 0 {
			return nil, ended
		}
		return &dialogue.Expect{Exact: dialogue.Text(first), IsExact: true}, true
	case !text:
		return nil, ended
	}
	until, told := end(replies)
	if !told {
		return nil, ended
	}
	e = &dialogue.Expect{Until: dialogue.Text(until)}
	if err == nil {
		e.Regexp = dialogue.Text(pattern.Regexp())
		return e, true
	}
	e.Prefix = dialogue.Text(beginning(replies, until))
	return e, true
}

// end returns the text with which each of some replies ends, and which it has nowhere
// else: a line end, or the last line.
func end(replies [][]byte) (until string, told bool) {
	last := func(reply []byte) string {
		at := bytes.LastIndexByte(bytes.TrimSuffix(reply, []byte("\n")), '\n') + 1
		return string(reply[at:])
	}
	for _, until := range []string{"\n", last(replies[0])} {
		if until != "" && !slices.ContainsFunc(replies, func(r []byte) bool {
			return strings.Index(string(r), until)+len(until) != len(r) || !strings.Contains(string(r), until)
		}) {
			return until, true
		}
	}
	return "", false
}

// beginning returns the whole lines that some replies begin with, but for the end of them.
func beginning(replies [][]byte, until string) string {
	first, n := replies[0], len(replies[0])-len(until)
	for _, reply := range replies[1:] {
		n = min(n, len(reply)-len(until))
		for i := range n {
			if reply[i] != first[i] {
				n = i
				break
			}
		}
	}
	return string(first[:bytes.LastIndexByte(first[:max(n, 0)], '\n')+1])
}

// same reports whether two kinds of clients say and hear the same.
func same(a, b dialogue.Kind) bool {
	return slices.EqualFunc(a.Talk, b.Talk, func(x, y dialogue.Exchange) bool { return x.Send == y.Send })
}

// fits reports whether what a client saw is what the dialogue has for its kind.
func fits(d *dialogue.Dialogue, k dialogue.Kind, seen protocol.Sample) bool {
	talk := d.Only(k).Begin(1, 1)
	talk.Receive(seen.Greeting)
	for i := range k.Talk {
		if complete, wrong := talk.Reply(); !complete || wrong != nil || i >= len(seen.Replies) {
			return false
		}
		request, size := talk.Next()
		talk.Queue(request, size)
		talk.Sent(size)
		talk.Receive(seen.Replies[i])
	}
	complete, wrong := talk.Reply()
	return complete && wrong == nil
}
