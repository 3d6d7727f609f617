package dialogue

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// longestFile is how long a dialogue file may be, in bytes.
const longestFile = 1 << 20

// Parse reads a dialogue file. The error is a *Mistake.
func Parse(file string, data []byte) (*Dialogue, error) {
	s := &source{file: file, lines: strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")}
	if len(data) > longestFile {
		s.wrongAt(1, 1, "the file is longer than 1 MiB")
		return nil, s.wrong
	}
	d := &Dialogue{File: file}
	if body := s.parse(data); s.wrong == nil {
		s.dialogue(body, d)
	}
	if s.wrong != nil {
		return nil, s.wrong
	}
	return d, nil
}

func (s *source) dialogue(body ast.Node, d *Dialogue) {
	top := s.mapping(body, "the file", "dialogue", "name", "greeting", "clients", "hold", "pipelining")
	if s.wrong != nil {
		return
	}
	version, told := top["dialogue"]
	switch {
	case !told:
		s.wrongIn(body, "the key dialogue is missing: begin with dialogue: %s", Version)
	case version.GetToken().Value != Version:
		s.wrongIn(version, "dialogue is %q: %s is the only version", version.GetToken().Value, Version)
	case top["clients"] == nil:
		s.wrongIn(body, "the key clients is missing: what clients say, and what they are to hear")
	}
	if name, told := top["name"]; told {
		d.Name = string(s.text(name, "name"))
	}
	if greeting, told := top["greeting"]; told {
		d.Greeting = s.expect(greeting, "greeting", []string{clientWord})
		if s.wrong == nil && d.Greeting.IsExact && d.Greeting.Exact == "" {
			s.wrongIn(greeting, "greeting is an empty text: leave it out where the server says nothing first")
		}
	}
	if s.wrong == nil {
		s.kinds(top["clients"], d)
	}
	if hold, told := top["hold"]; told && s.wrong == nil {
		s.hold(hold, d)
	}
	if pipelining, told := top["pipelining"]; told && s.wrong == nil {
		if d.Pipelining = s.truth(pipelining, "pipelining"); d.Pipelining {
			s.pipelining(pipelining, d)
		}
	}
}

func (s *source) kinds(n ast.Node, d *Dialogue) {
	first := false
	for i, one := range s.list(n, "clients") {
		m := s.mapping(one, "a kind of client", "name", "after", "talk")
		if s.wrong != nil {
			return
		}
		k := Kind{Name: "client " + strconv.Itoa(i+1)}
		if name, told := m["name"]; told {
			k.Name = string(s.text(name, "name"))
			if s.wrong == nil && d.Kind(k.Name) != nil {
				s.wrongIn(name, "a kind of client named %q stands above already", k.Name)
			}
		}
		if after, told := m["after"]; told {
			k.After = string(s.text(after, "after"))
			if s.wrong == nil && d.Kind(k.After) == nil {
				s.wrongIn(after, "no kind of client above is named %q: after names one that comes first", k.After)
			}
		}
		first = first || k.After == ""
		talk, told := m["talk"]
		if !told {
			s.wrongIn(one, "the key talk is missing: what %s says, and what is to be heard", k.Name)
			return
		}
		k.Talk = s.talk(talk)
		d.Kinds = append(d.Kinds, k)
	}
	if !first {
		s.wrongIn(n, "each kind of client comes after another: one has to come first")
	}
}

func (s *source) talk(n ast.Node) []Exchange {
	names := []string{clientWord}
	var list []Exchange
	elements := s.list(n, "talk")
	for i, one := range elements {
		last := i == len(elements)-1
		m := s.mapping(one, "an exchange", "send", "expect", "ends")
		if s.wrong != nil {
			return nil
		}
		send, told := m["send"]
		if !told {
			s.wrongIn(one, "the key send is missing: what the client says")
			return nil
		}
		x := Exchange{Send: s.send(send)}
		x.Line, _ = position(one)
		if ends, told := m["ends"]; told {
			if word := ends.GetToken().Value; word != "server" {
				s.wrongIn(ends, "ends is %q: only the server can end a talk; leave it out where the client does", word)
			} else if !last {
				s.wrongIn(ends, "ends stands in the middle of a talk: only the last exchange can have it")
			}
			x.Ends = true
		}
		if expect, told := m["expect"]; told {
			x.Expect = s.expect(expect, "expect", names)
			if s.wrong == nil && x.Expect.IsExact && x.Expect.Exact == "" && (!last || !x.Ends) {
				s.wrongIn(expect, "expect is an empty text, so nothing tells that the server has taken the request: send it together with the next one")
			}
			names = append(names, s.captured(x.Expect)...)
		}
		if s.wrong != nil {
			return nil
		}
		list = append(list, x)
	}
	return list
}

// captured returns the names of the values that a reply brings.
func (s *source) captured(e *Expect) []string {
	if s.wrong != nil || e.Regexp == "" {
		return nil
	}
	return groups(regexp.MustCompile(e.Regexp.fillQuoted(nil))) // compiled before
}

// send returns what a client sends.
func (s *source) send(n ast.Node) Text {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		m := s.mapping(n, "send", "bytes")
		if b, told := m["bytes"]; told {
			return s.hex(b)
		}
		s.wrongIn(n, `send has no text: write it in quotes, or bytes: "0d0a"`)
		return ""
	}
	return s.text(n, "send")
}

// expect returns what is known of a reply, in a talk in which some names have values.
func (s *source) expect(n ast.Node, what string, names []string) *Expect {
	e := &Expect{}
	e.Line, _ = position(n)
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
	case *ast.StringNode, *ast.LiteralNode:
		e.Exact, e.IsExact = s.anyText(n, what), true
		return e
	default:
		s.wrongIn(n, "%s is %s: write the reply in quotes, or what is known of it, as in {contains: \"OK\"}", what, kindOf(n))
		return e
	}
	m := s.mapping(n, what, "line", "prefix", "contains", "never", "regexp", "json", "bytes", "size", "until")
	if s.wrong != nil {
		return e
	}
	if len(m) == 0 {
		s.wrongIn(n, "%s says nothing: write {line: any} for one line, whatever it says", what)
	}
	if b, told := m["bytes"]; told {
		if len(m) > 1 {
			s.wrongIn(b, "bytes is the whole reply: nothing else goes with it")
		}
		e.Exact, e.IsExact = s.hex(b), true
		return e
	}
	s.end(m, e)
	if prefix, told := m["prefix"]; told {
		e.Prefix = s.text(prefix, "prefix")
	}
	if contains, told := m["contains"]; told {
		e.Contains = s.some(contains, "contains")
	}
	if never, told := m["never"]; told {
		e.Never = s.some(never, "never")
	}
	if expression, told := m["regexp"]; told {
		e.Regexp = s.text(expression, "regexp")
		compiled, err := e.Regexp.compile(names)
		switch {
		case err != nil:
			s.wrongIn(expression, "regexp: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		case slices.Contains(groups(compiled), clientWord):
			s.wrongIn(expression, "regexp: a group is named %s, which stands for the number of the client", clientWord)
		}
	}
	if values, told := m["json"]; told {
		e.JSON = s.json(values)
	}
	return e
}

// end reads what tells where a reply ends.
func (s *source) end(m members, e *Expect) {
	line, isLine := m["line"]
	size, isSize := m["size"]
	until, isUntil := m["until"]
	switch {
	case isLine && line.GetToken().Value != "any":
		s.wrongIn(line, "line is %s: any is the only word for it", kindOf(line))
	case isLine && isSize, isUntil && isSize:
		s.wrongIn(size, "size and %s both say where the reply ends: leave one out", map[bool]string{true: "line", false: "until"}[isLine])
	case isLine && isUntil:
		s.wrongIn(until, "line and until both say where the reply ends: leave one out")
	case isSize:
		e.Size = s.size(size)
	case isUntil:
		e.Until = s.text(until, "until")
	default:
		e.Until = lineEnd
	}
}

// json reads the members that a JSON text is to have.
func (s *source) json(n ast.Node) []Member {
	pairs, is := n.(*ast.MappingNode)
	if !is || len(pairs.Values) == 0 {
		s.wrongIn(n, "json is %s: write paths with values, as in {status: ok, days.0.title: Networks}", kindOf(n))
		return nil
	}
	var list []Member
	for _, pair := range pairs.Values {
		m := Member{Path: pair.Key.GetToken().Value}
		switch v := pair.Value.(type) {
		case *ast.NullNode:
		case *ast.BoolNode:
			m.Value = v.Value
		case *ast.IntegerNode, *ast.FloatNode:
			if err := json.Unmarshal([]byte(v.GetToken().Value), &m.Value); err != nil {
				s.wrongIn(pair.Value, "the number %s is none in JSON", v.GetToken().Value)
			}
		default:
			m.Value = s.anyText(pair.Value, "the value of "+m.Path)
		}
		list = append(list, m)
	}
	return list
}

func (s *source) hold(n ast.Node, d *Dialogue) {
	d.Hold = string(s.text(n, "hold"))
	for _, k := range d.Kinds {
		first := k.Talk[0].Send
		switch fixed := first.fixed([]string{clientWord}); {
		case s.wrong != nil:
		case d.Hold == string(first):
			s.wrongIn(n, "hold is the whole first request of %s (line %d): leave the end of it out", k.Name, k.Talk[0].Line)
		case !strings.HasPrefix(fixed, d.Hold):
			s.wrongIn(n, "hold is not how the first request of %s begins (line %d)", k.Name, k.Talk[0].Line)
		}
	}
}

// pipelining holds that each request is known before any reply is.
func (s *source) pipelining(n ast.Node, d *Dialogue) {
	for _, k := range d.Kinds {
		var names []string
		for _, x := range k.Talk {
			if name := x.Send.uses(names); name != "" {
				s.wrongIn(n, "the request on line %d needs {%s} from an earlier reply, so it cannot come together with the others: write pipelining: false", x.Line, name)
			}
			if x.Expect != nil {
				names = append(names, s.captured(x.Expect)...)
			}
		}
	}
}
