package dialogue

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/forkproof/forkproof/internal/nearest"
)

// A source is a file that is being read. It keeps the first mistake; what is read after
// that means nothing.
type source struct {
	file  string
	lines []string
	wrong *Mistake
}

// wrongAt notes a mistake at a line and a column.
func (s *source) wrongAt(line, column int, format string, args ...any) {
	if s.wrong != nil {
		return
	}
	line = min(max(line, 1), max(len(s.lines), 1))
	s.wrong = &Mistake{File: s.file, Line: line, Column: max(column, 1), What: fmt.Sprintf(format, args...)}
	if line <= len(s.lines) {
		s.wrong.Source = s.lines[line-1]
	}
}

// wrongIn notes a mistake in a node.
func (s *source) wrongIn(n ast.Node, format string, args ...any) {
	line, column := position(n)
	s.wrongAt(line, column, format, args...)
}

// position returns where a node begins. The token of a mapping is a colon in it.
func position(n ast.Node) (line, column int) {
	switch m := n.(type) {
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return position(m.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return position(m.Key)
	}
	at := n.GetToken().Position
	return at.Line, at.Column
}

// parse returns the content of the file, a mapping.
func (s *source) parse(data []byte) ast.Node {
	file, err := parser.ParseBytes(data, 0)
	var syntax *yaml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		at := token.Position{Line: 1, Column: 1}
		if syntax.Token != nil {
			at = *syntax.Token.Position
		}
		s.wrongAt(at.Line, at.Column, "this is no YAML: %s", syntax.Message)
	case err != nil:
		s.wrongAt(1, 1, "this is no YAML: %v", err)
	case len(file.Docs) == 0 || file.Docs[0].Body == nil:
		s.wrongAt(1, 1, "the file is empty: begin with dialogue: %s", Version)
	case len(file.Docs) > 1:
		s.wrongIn(file.Docs[1].Body, "a second document begins here: a file has one dialogue")
	default:
		return file.Docs[0].Body
	}
	return nil
}

// members are the values of a mapping by their keys.
type members map[string]ast.Node

// mapping returns the members of a node, which must be a mapping with known keys.
func (s *source) mapping(n ast.Node, what string, known ...string) members {
	var pairs []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		pairs = m.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{m}
	default:
		s.wrongIn(n, "%s is %s: write keys with values, known are %s", what, kindOf(n), strings.Join(known, ", "))
		return nil
	}
	list := members{}
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		if !slices.Contains(known, key) {
			s.wrongIn(pair.Key, "unknown key %q: %sknown here are %s", key, nearest.Meant(key, known), strings.Join(known, ", "))
			return nil
		}
		list[key] = pair.Value
	}
	return list
}

// list returns the elements of a sequence.
func (s *source) list(n ast.Node, what string) []ast.Node {
	sequence, is := n.(*ast.SequenceNode)
	switch {
	case !is:
		s.wrongIn(n, "%s is %s: write a list, each element after a dash", what, kindOf(n))
		return nil
	case len(sequence.Values) == 0:
		s.wrongIn(n, "%s is an empty list", what)
	}
	return sequence.Values
}

// some returns a text, or a list of texts.
func (s *source) some(n ast.Node, what string) []Text {
	if _, is := n.(*ast.SequenceNode); !is {
		return []Text{s.text(n, what)}
	}
	var texts []Text
	for _, one := range s.list(n, what) {
		texts = append(texts, s.text(one, what))
	}
	return texts
}

// text returns a text that is not empty.
func (s *source) text(n ast.Node, what string) Text {
	text := s.anyText(n, what)
	if text == "" {
		s.wrongIn(n, "%s is an empty text", what)
	}
	return text
}

// anyText returns a text.
func (s *source) anyText(n ast.Node, what string) Text {
	switch text := n.(type) {
	case *ast.StringNode:
		return Text(text.Value)
	case *ast.LiteralNode:
		return Text(text.Value.Value)
	}
	s.wrongIn(n, "%s is %s: write a text, in quotes", what, kindOf(n))
	return ""
}

// hex returns bytes that are written as hexadecimal digits, with any spaces between.
func (s *source) hex(n ast.Node) Text {
	digits := ""
	switch d := n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		digits = strings.Join(strings.Fields(string(s.anyText(n, "bytes"))), "")
	default:
		s.wrongIn(d, "bytes is %s: write hexadecimal digits in quotes, as in \"0d0a\"", kindOf(n))
		return ""
	}
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) == 0 {
		s.wrongIn(n, "bytes %q: write two hexadecimal digits for each byte, as in \"0d0a\"", digits)
	}
	return Text(b)
}

// truth returns true or false.
func (s *source) truth(n ast.Node, what string) bool {
	b, is := n.(*ast.BoolNode)
	if !is {
		s.wrongIn(n, "%s is %s: write true or false", what, kindOf(n))
		return false
	}
	return b.Value
}

// size returns a number of bytes, from 1.
func (s *source) size(n ast.Node) int64 {
	if i, is := n.(*ast.IntegerNode); is {
		switch v := i.Value.(type) {
		case uint64:
			if v > 0 && v <= math.MaxInt32 {
				return int64(v)
			}
		case int64:
			if v > 0 && v <= math.MaxInt32 {
				return v
			}
		}
	}
	s.wrongIn(n, "size is %s: write the number of bytes of the reply, from 1 to %d", kindOf(n), math.MaxInt32)
	return 0
}

// kindOf names what stands in a place, with its article.
func kindOf(n ast.Node) string {
	switch v := n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return "a text"
	case *ast.IntegerNode, *ast.FloatNode:
		return "the number " + n.GetToken().Value
	case *ast.BoolNode:
		return "the word " + n.GetToken().Value
	case *ast.NullNode, nil:
		return "empty"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.AnchorNode, *ast.AliasNode:
		return "an anchor or an alias"
	case *ast.TagNode:
		return "a tag (" + v.Start.Value + ")"
	}
	return "something else"
}
