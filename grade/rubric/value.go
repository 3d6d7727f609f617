package rubric

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
	"github.com/mattn/go-shellwords"

	"github.com/forkproof/forkproof/internal/nearest"
)

// A pair is a key of a mapping with its value.
type pair struct {
	key   string
	at    *token.Token // of the key
	value ast.Node
}

// mapping returns a node as a mapping; nil after a mistake.
func (r *reader) mapping(node ast.Node, what string) *ast.MappingNode {
	switch node := node.(type) {
	case *ast.MappingNode:
		return node
	case *ast.MappingValueNode:
		return ast.Mapping(node.GetToken(), false, node)
	}
	r.wrong(node.GetToken(), "%s is written as keys with values, as in key: value", what)
	return nil
}

// pairs returns the keys of a mapping, each once.
func (r *reader) pairs(m *ast.MappingNode) []pair {
	var list []pair
	if m == nil {
		return nil
	}
	for _, v := range m.Values {
		at := v.Key.GetToken()
		one := pair{key: at.Value, at: at, value: v.Value}
		if slices.ContainsFunc(list, func(p pair) bool { return p.key == one.key }) {
			r.once(at, one.key)
			continue
		}
		list = append(list, one)
	}
	return list
}

// once notes a key that stands twice, once.
func (r *reader) once(at *token.Token, key string) {
	noted := func(m Mistake) bool { return m.Line == at.Position.Line && m.Column == at.Position.Column }
	if !slices.ContainsFunc(r.mistakes, noted) {
		r.wrong(at, "the key %q stands here a second time: leave one of them out", key)
	}
}

// scalar returns the text of a value that is neither a list nor a mapping.
func (r *reader) scalar(node ast.Node, what string) (string, bool) {
	switch node := node.(type) {
	case *ast.StringNode:
		return node.Value, true
	case *ast.LiteralNode:
		return node.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return node.GetToken().Value, true
	case *ast.NullNode:
		r.wrong(node.GetToken(), "a value is missing: write %s", what)
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		r.wrong(node.GetToken(), "write %s itself: anchors, aliases and tags have no meaning here", what)
	default:
		r.wrong(node.GetToken(), "write %s, not a list or a mapping", what)
	}
	return "", false
}

func (r *reader) text(to *string, what string) func(ast.Node) {
	return func(node ast.Node) {
		if text, ok := r.scalar(node, what); ok {
			*to = strings.TrimRight(text, "\n")
		}
	}
}

// word reads one of some words.
func (r *reader) word(node ast.Node, what string, known []string) string {
	text, ok := r.scalar(node, "one of "+strings.Join(known, ", "))
	if ok && !slices.Contains(known, text) {
		r.wrong(node.GetToken(), "unknown %s %q: %sknown are %s", what, text, nearest.Meant(text, known), strings.Join(known, ", "))
		return ""
	}
	return text
}

func (r *reader) yes(to *bool, what string) func(ast.Node) {
	return func(node ast.Node) { *to = r.word(node, what, []string{"true", "false"}) == "true" }
}

// list returns the elements of a list; a single value is a list of one.
func (r *reader) list(node ast.Node) []ast.Node {
	if sequence, is := node.(*ast.SequenceNode); is {
		return sequence.Values
	}
	return []ast.Node{node}
}

func (r *reader) texts(to *[]string, what string) func(ast.Node) {
	return func(node ast.Node) {
		for _, one := range r.list(node) {
			if text, ok := r.scalar(one, what); ok {
				*to = append(*to, text)
			}
		}
	}
}

// command reads an argument vector: a list, or a text that is split as a shell does.
func (r *reader) command(node ast.Node) []string {
	var words []string
	if _, is := node.(*ast.SequenceNode); is {
		r.texts(&words, "a word of the command")(node)
	} else if text, ok := r.scalar(node, "a command"); ok {
		var err error
		if words, err = shellwords.Parse(strings.TrimSpace(text)); err != nil {
			r.wrong(node.GetToken(), "the command cannot be split into words (%v): write it as a list, as in [./server, \"{port}\"]", err)
			return nil
		}
	}
	if len(words) == 0 || words[0] == "" {
		r.wrong(node.GetToken(), "the command is empty: write the program and its arguments, as in ./server {port}")
	}
	return words
}

// decimals are numbers of points: exact, and short enough to print.
var decimals = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,4})?$`)

// number reads a number from 0; nil after a mistake.
func (r *reader) number(node ast.Node, what string) *big.Rat {
	text, ok := r.scalar(node, what)
	if !ok {
		return nil
	}
	if !decimals.MatchString(text) {
		r.wrong(node.GetToken(), "%q is no number for %s: write one from 0 to 999999, with at most 4 decimals, as in 2.5", text, what)
		return nil
	}
	value, _ := new(big.Rat).SetString(text)
	return value
}

func (r *reader) count(node ast.Node, what string, least, most uint64) uint64 {
	text, ok := r.scalar(node, what)
	if !ok {
		return least
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < least || n > most {
		r.wrong(node.GetToken(), "%q is no %s: write a whole number from %d to %d", text, what, least, most)
		return least
	}
	return n
}

func (r *reader) duration(to *time.Duration) func(ast.Node) {
	return func(node ast.Node) {
		text, ok := r.scalar(node, "a time")
		if !ok {
			return
		}
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 || d > 24*time.Hour {
			r.wrong(node.GetToken(), "%q is no time: write one above 0 with its unit, as in 30s or 5m", text)
		}
		*to = d
	}
}

var sizes = regexp.MustCompile(`^([0-9]{1,6})([KMG])$`)

// size reads a number of bytes.
func (r *reader) size(to *int64, least int64) func(ast.Node) {
	return func(node ast.Node) {
		text, ok := r.scalar(node, "a size")
		if !ok {
			return
		}
		parts := sizes.FindStringSubmatch(strings.ToUpper(text))
		if parts == nil {
			r.wrong(node.GetToken(), "%q is no size: write one with its unit, as in 64M or 1G", text)
			return
		}
		n, _ := strconv.ParseInt(parts[1], 10, 64) // digits
		*to = n << map[string]int{"K": 10, "M": 20, "G": 30}[parts[2]]
		if *to < least {
			r.wrong(node.GetToken(), "%s is too little: give at least %dM", text, least>>20)
		}
	}
}
