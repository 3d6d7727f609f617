package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// PortWord stands for the port in a command as it is typed.
const PortWord = "{port}"

// viewOf finds out what a program needs to see: its own directory, those of
// the files that its arguments name, the working directory when they lie there,
// and the language runtime that it is or that its #! line names.
//
// The submission is not trusted, and may hold symbolic links that lead anywhere.
// What lies outside of it is shown when the command itself names it. A file that
// only a link leads to is shown alone and read-only, and only when it is the
// program or every user may read it; it does not decide the server's user.
func viewOf(p wire.Program) (*wire.View, error) {
	dir := p.Dir
	if dir == "" {
		var err error
		if dir, err = os.Getwd(); err != nil {
			return nil, fmt.Errorf("find the working directory: %w", err)
		}
	}
	b := viewBuilder{View: wire.View{UID: wire.Nobody, GID: wire.Nobody}, cwd: dir}
	b.Dir = b.follow(dir).path
	b.program(p)
	typed := p.Typed
	if typed == nil {
		typed = p.Args
	}
	for _, arg := range typed[min(1, len(typed)):] {
		b.argument(arg)
	}
	b.asked(p)
	b.workIn(b.Dir)
	b.tidy()
	return &b.View, nil
}

type viewBuilder struct {
	wire.View
	cwd   string
	owned bool // UID is that of a file's owner
	lies  bool // the command names something in the working directory
}

// program shows the program and its language runtime.
func (b *viewBuilder) program(p wire.Program) {
	program := b.follow(p.Path)
	b.runtime(p.Path, true)
	b.runtime(program.path, !program.foreign)
	if script := interpreter(program.path); script != "" {
		b.runtime(script, false)
		b.runtime(b.follow(script).path, false)
	}
	stat, err := wire.Look(program.path)
	switch {
	case err != nil || wire.System(program.path):
	case !program.foreign:
		b.Program = program.path
		b.file(program.path)
	case stat.Mode&unix.S_IFMT == unix.S_IFREG:
		b.Read = append(b.Read, program.path)
	}
	b.seenFrom(p.Path)
}

// argument shows what an argument names, and what the words of it name: it may
// be a script for sh -c.
func (b *viewBuilder) argument(arg string) {
	b.word(arg)
	words := strings.FieldsFunc(arg, func(r rune) bool { return strings.ContainsRune(" \t\n;&|()<>'\"`$", r) })
	for _, word := range words {
		if word != arg {
			b.word(word)
		}
	}
}

// word shows the file that a word names: as it is, after a =, or, for the likes
// of "java Server" and "python3 -m server", by its stem. An option, a number and
// the port name no file.
func (b *viewBuilder) word(arg string) {
	if _, value, found := strings.Cut(arg, "="); found {
		arg = value
	}
	if arg == "" || arg[0] == '-' || number(arg) || len(arg) > unix.PathMax ||
		strings.ContainsAny(arg, "\x00\n") || strings.Contains(arg, PortWord) {
		return
	}
	if b.named(arg) {
		return
	}
	stem, _, _ := strings.Cut(arg, ".")
	if stem == "" || number(stem) {
		return
	}
	for _, ending := range []string{".class", ".py", ".js", ".rb", ""} {
		b.named(stem + ending)
	}
}

// number says whether a word is a number in the way that programs take them.
func number(word string) bool {
	if !strings.ContainsAny(word[:1], "0123456789+.") {
		return false
	}
	_, decimal := strconv.ParseFloat(word, 64)
	_, integer := strconv.ParseInt(word, 0, 64)
	return decimal == nil || integer == nil
}

// named shows what a path of the command leads to, and says whether there is
// such a file.
func (b *viewBuilder) named(path string) bool {
	links := len(b.Links)
	at := b.follow(path)
	stat, err := wire.Look(at.path)
	if err != nil {
		b.Links = b.Links[:links]
		return false
	}
	switch {
	case !at.foreign:
		b.file(at.path)
	case stat.Mode&unix.S_IFMT == unix.S_IFREG && !private(filepath.Dir(at.path)) && openToAll(at.path):
		b.Read = append(b.Read, at.path)
	default:
		b.Links = b.Links[:links]
	}
	b.seenFrom(path)
	return true
}

// seenFrom shows the working directory when a name lies in it.
func (b *viewBuilder) seenFrom(path string) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(b.cwd, path)
	}
	if dir := b.follow(filepath.Dir(path)); !dir.foreign && wire.Inside(dir.path, b.Dir) {
		b.lies = true
	}
}

// file shows a file of the server with its directory, or alone where the
// directory is a person's and not the server's.
func (b *viewBuilder) file(path string) {
	stat, err := wire.Look(path)
	if err != nil || wire.System(path) {
		return
	}
	directory := stat.Mode&unix.S_IFMT == unix.S_IFDIR
	dir := path
	if !directory {
		dir = filepath.Dir(path)
	}
	shown := func(r string) bool { return wire.Inside(dir, r) }
	switch {
	case slices.ContainsFunc(b.Read, shown):
		return // it belongs to a runtime
	case !private(dir):
		b.Own = append(b.Own, dir)
	case !directory:
		b.Read = append(b.Read, path)
	default:
		return
	}
	if !directory {
		b.Files = append(b.Files, path)
	}
	b.belongsTo(stat)
}

// belongsTo has the server run as the owner of its first file, unless that is root.
func (b *viewBuilder) belongsTo(stat unix.Stat_t) {
	if b.owned {
		return
	}
	b.owned = true
	if stat.Uid != 0 {
		b.UID, b.GID = int(stat.Uid), int(stat.Gid)
	}
}

// workIn shows the working directory when something of the server lies in it.
// Otherwise the server finds an empty one of its own in its place.
func (b *viewBuilder) workIn(dir string) {
	lies := func(path string) bool { return wire.Inside(path, dir) }
	if !private(dir) && !wire.System(dir) && (b.lies || slices.ContainsFunc(b.Own, lies) || slices.ContainsFunc(b.Read, lies)) {
		b.Own = append(b.Own, dir)
	}
}

// tidy drops what is shown already by something above it.
func (b *viewBuilder) tidy() {
	b.Own = wire.Topmost(b.Own, nil)
	b.Read = wire.Topmost(b.Read, b.Own)
	b.Links = slices.DeleteFunc(b.Links, func(link [2]string) bool {
		above := func(dir string) bool { return wire.Inside(link[0], dir) }
		return slices.ContainsFunc(b.Own, above) || slices.ContainsFunc(b.Read, above)
	})
}
