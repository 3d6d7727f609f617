package rubric

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/forkproof/forkproof/internal/nearest"
)

// The least that a server can have, as of check.
const (
	leastMemory = 16 << 20
	leastDisk   = 1 << 20
)

// mostRepeats bounds how often a submission is judged.
const mostRepeats = 20

// keys returns the keys of a rubric, each with what reads its value.
func (r *reader) keys() map[string]func(ast.Node) {
	to := r.rubric
	return map[string]func(ast.Node){
		"rubric": func(n ast.Node) { r.word(n, "version of the format", []string{Version}) },
		"course": r.text(&to.Course, "the name of the course"),
		"title":  r.text(&to.Title, "the title of the assignment"),
		"text":   r.text(&to.Text, "a text for students"),

		"command":   func(n ast.Node) { to.Command = r.command(n) },
		"build":     r.build,
		"files":     r.files,
		"env":       r.environment,
		"model":     func(n ast.Node) { to.Model = r.word(n, "model", r.words.Models) },
		"protocol":  func(n ast.Node) { to.Protocol = r.word(n, "protocol", r.words.Protocols) },
		"reply":     func(n ast.Node) { to.Reply = r.word(n, "reply", r.words.Replies) },
		"send":      r.texts(&to.Sends, "a text to send"),
		"greeting":  r.text(&to.Greeting, "what the server says first"),
		"path":      r.text(&to.Path, "what a web server is asked for"),
		"http-post": r.text(&to.Post, "a path that takes the bodies of POST requests"),
		"dialogue":  r.dialogue,
		"inetd":     r.yes(&to.Inetd, "value of inetd"),
		"strict":    r.yes(&to.Strict, "value of strict"),
		"seed":      func(n ast.Node) { to.Seed = r.count(n, "seed", 1, math.MaxInt64) },
		"repeat":    func(n ast.Node) { to.Repeat = int(r.count(n, "number of repetitions", 1, mostRepeats)) },
		"limits":    r.limits,

		"points":  func(n ast.Node) { r.readPoints(n, false) },
		"extra":   func(n ast.Node) { r.readPoints(n, true) },
		"weights": r.weights,
		"require": r.required,
		"out-of":  func(n ast.Node) { to.OutOf = r.number(n, "out-of") },
		"error":   r.rule(&to.OnError, "error", Hold, LeaveOut),
		"n/a":     r.rule(&to.OnNotApplicable, "n/a", LeaveOut, EarnNothing, Hold),
		"not-run": r.notRun,
		"show":    r.shown,
	}
}

func (r *reader) rule(to *ErrorRule, verdict string, known ...ErrorRule) func(ast.Node) {
	words := make([]string, len(known))
	for i, rule := range known {
		words[i] = string(rule)
	}
	return func(n ast.Node) { *to = ErrorRule(r.word(n, "rule for "+verdict, words)) }
}

func (r *reader) build(node ast.Node) {
	if _, is := node.(*ast.SequenceNode); is {
		r.rubric.Build = r.command(node)
	} else if text, ok := r.scalar(node, "a command that builds the server"); ok && strings.TrimSpace(text) != "" {
		r.rubric.Build = []string{"/bin/sh", "-c", text}
	}
}

func (r *reader) environment(node ast.Node) {
	for _, one := range r.list(node) {
		text, ok := r.scalar(one, "NAME=VALUE")
		if name, _, found := strings.Cut(text, "="); ok && (!found || name == "") {
			r.wrong(one.GetToken(), "%q: write it as NAME=VALUE", text)
		}
		r.rubric.Env = append(r.rubric.Env, text)
	}
}

// dialogue reads the path of a dialogue file, relative to the rubric.
func (r *reader) dialogue(node ast.Node) {
	path, ok := r.scalar(node, "the path of a dialogue file")
	if !ok {
		return
	}
	if !r.words.HasFlag("dialogue") {
		r.wrong(node.GetToken(), "this forkproof reads no dialogue files: leave the key out")
		return
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.dir, path)
	}
	if f, ok := r.file(node.GetToken(), path); ok {
		sum := sha256.Sum256(f.Data)
		r.rubric.DialogueSHA256 = hex.EncodeToString(sum[:])
		if r.rubric.Dialogue, ok = absolute(path); !ok {
			r.wrong(node.GetToken(), "%s: its folder cannot be found", path)
		}
	}
}

func absolute(path string) (string, bool) {
	path, err := filepath.Abs(path)
	return path, err == nil
}

// mostFileBytes is how large a file may be that every submission gets.
const mostFileBytes = 16 << 20

// files reads files that every submission gets: paths, or names in the submission with
// paths.
func (r *reader) files(node ast.Node) {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		for _, p := range r.pairs(r.mapping(node, "files")) {
			if path, ok := r.scalar(p.value, "the path of a file"); ok {
				r.addFile(p.at, p.key, p.value.GetToken(), path)
			}
		}
	default:
		for _, one := range r.list(node) {
			if path, ok := r.scalar(one, "the path of a file"); ok {
				r.addFile(one.GetToken(), filepath.Base(path), one.GetToken(), path)
			}
		}
	}
}

func (r *reader) addFile(at *token.Token, name string, pathAt *token.Token, path string) {
	if !filepath.IsLocal(name) || filepath.Clean(name) == "." {
		r.wrong(at, "%q leads out of the submission: name a file in it", name)
		return
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.dir, path)
	}
	f, ok := r.file(pathAt, path)
	if f.Name = filepath.Clean(name); ok {
		r.rubric.Files = append(r.rubric.Files, f)
	}
}

// file reads a file that the rubric names.
func (r *reader) file(at *token.Token, path string) (f File, ok bool) {
	if r.stored {
		return f, true
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		r.wrong(at, "%v: paths are relative to the rubric's folder", err)
		return f, false
	case !info.Mode().IsRegular() || info.Size() > mostFileBytes:
		r.wrong(at, "%s is no regular file of at most %d MiB", path, mostFileBytes>>20)
		return f, false
	}
	file, err := os.Open(path)
	if err == nil {
		defer func() { _ = file.Close() }()
		f.Data, err = io.ReadAll(io.LimitReader(file, mostFileBytes))
	}
	if err != nil {
		r.wrong(at, "%v", err)
	}
	f.Executable = info.Mode()&0o100 != 0
	return f, err == nil
}

func (r *reader) limits(node ast.Node) {
	l := &r.rubric.Limits
	keys := map[string]func(ast.Node){
		"time": r.duration(&l.Time), "start": r.duration(&l.Start),
		"memory": r.size(&l.MemoryBytes, leastMemory), "disk": r.size(&l.DiskBytes, leastDisk),
		"build-time": r.duration(&l.BuildTime), "build-memory": r.size(&l.BuildMemoryBytes, leastMemory),
		"build-disk": r.size(&l.BuildDiskBytes, leastDisk),
	}
	for _, p := range r.pairs(r.mapping(node, "limits")) {
		if read, known := keys[p.key]; known {
			read(p.value)
			continue
		}
		r.wrong(p.at, "unknown limit %q: %sknown are %s", p.key, nearest.Meant(p.key, names(keys)), strings.Join(names(keys), ", "))
	}
}
