package rubric

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/forkproof/forkproof/internal/nearest"
)

// mostBytes is how large a rubric may be.
const mostBytes = 1 << 20

// Read reads a rubric file. What is wrong with the file is returned as Mistakes; any
// other error says in one sentence why it cannot be read.
func Read(path string, words Vocabulary) (*Rubric, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, mostBytes+1))
	switch {
	case err != nil:
		return nil, unreadable(path, err)
	case len(data) > mostBytes:
		return nil, fmt.Errorf("read the rubric %s: it is larger than %d bytes", path, mostBytes)
	}
	return Parse(path, data, words)
}

func unreadable(path string, err error) error {
	var refused *fs.PathError
	if errors.As(err, &refused) {
		err = refused.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the rubric %s: %w: forkproof rubric init writes one", path, err)
	}
	return fmt.Errorf("read the rubric %s: %w", path, err)
}

// Parse reads a rubric from the text of a file. Files that it names are read from below
// the folder of path.
func Parse(path string, data []byte, words Vocabulary) (*Rubric, error) {
	return parse(path, data, words, false)
}

func parse(path string, data []byte, words Vocabulary, stored bool) (*Rubric, error) {
	sum := sha256.Sum256(data)
	r := &reader{
		path: path, dir: filepath.Dir(path), stored: stored, words: words, lines: strings.Split(string(data), "\n"),
		rubric: &Rubric{
			SHA256: hex.EncodeToString(sum[:]), Source: data, Weights: map[string]*big.Rat{}, OnError: Hold, OnNotApplicable: LeaveOut, OnNotRun: new(big.Rat),
			Shown: map[string]Shown{"": Evidence}, Judging: Judging{Model: "forking", Protocol: "echo", Repeat: 1},
		},
	}
	if root := r.document(data); root != nil {
		r.top(root)
		r.whole(root)
	}
	if len(r.mistakes) > 0 {
		slices.SortStableFunc(r.mistakes, func(a, b Mistake) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, r.mistakes
	}
	r.rubric.finish(words)
	return r.rubric, nil
}

// A reader reads one file and notes its mistakes.
type reader struct {
	path, dir string
	stored    bool // files that it names are not read
	words     Vocabulary
	lines     []string
	rubric    *Rubric
	mistakes  Mistakes
	points    []entry // of points and extra
}

// wrong notes a mistake at a token.
func (r *reader) wrong(at *token.Token, format string, args ...any) {
	line, column := 1, 1
	if at != nil && at.Position != nil {
		line, column = max(at.Position.Line, 1), max(at.Position.Column, 1)
	}
	text := ""
	if line <= len(r.lines) {
		text = strings.TrimSuffix(r.lines[line-1], "\r")
	}
	r.mistakes = append(r.mistakes, Mistake{File: r.path, Line: line, Column: column, Text: text, Message: fmt.Sprintf(format, args...)})
}

// document returns the mapping that the file consists of; nil after a mistake.
func (r *reader) document(data []byte) *ast.MappingNode {
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	var syntax *yaml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		r.wrong(syntax.Token, "this is not YAML: %s", firstLine(syntax.Message))
		return nil
	case err != nil:
		r.wrong(nil, "this is not YAML: %s", firstLine(err.Error()))
		return nil
	}
	var bodies []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil {
			bodies = append(bodies, d.Body)
		}
	}
	if m, is := first(bodies).(*ast.MappingNode); len(bodies) == 0 || is && len(m.Values) == 0 {
		r.wrong(nil, "the file is empty: forkproof rubric init writes a rubric to start from")
		return nil
	}
	if len(bodies) > 1 {
		r.wrong(bodies[1].GetToken(), "one file has one rubric: leave out what follows ---")
	}
	return r.mapping(bodies[0], "a rubric")
}

func first(nodes []ast.Node) ast.Node {
	if len(nodes) == 0 {
		return nil
	}
	return nodes[0]
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// top reads the keys of a rubric.
func (r *reader) top(root *ast.MappingNode) {
	keys := r.keys()
	for _, pair := range r.pairs(root) {
		read, known := keys[pair.key]
		if !known {
			r.wrong(pair.at, "unknown key %q: %sknown are %s", pair.key, nearest.Meant(pair.key, names(keys)), strings.Join(names(keys), ", "))
			continue
		}
		read(pair.value)
	}
}

// whole checks what concerns several keys.
func (r *reader) whole(root *ast.MappingNode) {
	for _, needed := range []struct{ key, example string }{
		{"rubric", Version}, {"command", "./server {port}"}, {"points", "{echo: 40, reaping: 60}"},
	} {
		if !slices.ContainsFunc(r.pairs(root), func(p pair) bool { return p.key == needed.key }) {
			r.wrong(r.pairs(root)[0].at, "the key %s is missing: add %s: %s", needed.key, needed.key, needed.example)
		}
	}
	r.talk(root)
	r.cover()
}

// dialogueProtocol is the protocol of a server that is judged by a dialogue file.
const dialogueProtocol = "dialogue"

// talk has a dialogue file be the protocol, as check does.
func (r *reader) talk(root *ast.MappingNode) {
	if r.rubric.Dialogue == "" {
		return
	}
	for _, p := range r.pairs(root) {
		if p.key == "protocol" && r.rubric.Protocol != dialogueProtocol {
			r.wrong(p.value.GetToken(), "a dialogue file is a protocol of its own: leave one of the keys protocol and dialogue out")
		}
	}
	r.rubric.Protocol = dialogueProtocol
}

// finish fills in what follows from the rest.
func (r *Rubric) finish(words Vocabulary) {
	selected := map[string]bool{}
	for _, item := range r.Items {
		for _, id := range item.Covers {
			selected[id] = true
		}
	}
	for _, q := range r.Required {
		for _, id := range q.Covers {
			selected[id] = true
		}
	}
	if len(selected) < len(words.Requirements) {
		for _, q := range words.Requirements {
			if selected[q.ID] {
				r.Selected = append(r.Selected, q.ID)
			}
		}
	}
	if r.Seed == 0 {
		r.Seed = r.derivedSeed()
	}
}

func names[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// ParseStored reads a rubric that was read before and lies in a folder of results now:
// the files that it names are elsewhere, and are not read.
func ParseStored(path string, data []byte, words Vocabulary) (*Rubric, error) {
	return parse(path, data, words, true)
}
