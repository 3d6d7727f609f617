package sandbox

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// runtime shows the installation that a program belongs to: what is above its
// bin directory, when that is one. Named says that the command itself names the
// program, and not the submission by a link or a #! line.
func (b *viewBuilder) runtime(program string, named bool) {
	bin := b.follow(filepath.Dir(program))
	above := filepath.Dir(bin.path)
	if wire.System(bin.path) || !slices.Contains([]string{"bin", "sbin", "shims", "libexec"}, filepath.Base(bin.path)) {
		return
	}
	switch {
	case toolchain(above):
		b.Read = append(b.Read, above)
	case private(above), (!named || bin.foreign) && !openToAll(above):
	case installation(above):
		b.Read = append(b.Read, above)
	}
}

// installation says whether a directory is one of a program, and not merely one that
// holds a folder bin and others: the submissions of people may have such names. The
// files of a language say so, or that it holds nothing else.
func installation(dir string) bool {
	for _, sign := range languages {
		if found, err := filepath.Glob(filepath.Join(quoted.Replace(dir), sign)); err == nil && len(found) > 0 {
			return true
		}
	}
	entries, err := os.ReadDir(dir)
	library := false
	for _, entry := range entries {
		name := strings.ToLower(entry.Name())
		stem, _, _ := strings.Cut(name, ".")
		switch {
		case entry.IsDir() && slices.Contains(folders, name):
			library = library || strings.HasPrefix(name, "lib")
		case entry.Type().IsRegular() && slices.Contains(papers, stem):
		case entry.Type()&os.ModeSymlink != 0 && slices.Contains(folders, name): // lib64 to lib
		default:
			return false
		}
	}
	return err == nil && library
}

// quoted writes a directory for filepath.Glob.
var quoted = strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`)

// languages are files of the installations of language runtimes, as patterns of
// filepath.Match.
var languages = []string{
	"pyvenv.cfg", "lib*/python[0-9]*", "lib*/pypy*", "versions/*/bin", // Python; version managers
	"jmods", "lib/modules", "lib/jvm.cfg", "jre/lib/rt.jar", // Java
	"pkg/tool", "src/runtime", "lib/node_modules", "lib/ruby", "lib/perl[0-9]*", "lib/php*", "lib*/lua*", "share/lua",
	"lib*/erlang", "lib*/elixir", "erts-*", "lib/ghc*", "lib*/ocaml", "lib*/racket", "lib*/julia", "lib*/R",
	"lib*/guile", "share/guile", "lib*/sbcl", "lib*/swift", "lib*/swipl", "lib*/tcl*", "lib/mono", "lib/rustlib",
}

// folders and papers are what else an installation consists of, in small letters and
// without an ending.
var (
	folders = []string{
		"bin", "sbin", "lib", "lib32", "lib64", "libexec", "include", "share", "etc", "conf", "man", "doc", "docs",
	}
	papers = []string{"readme", "license", "licence", "copying", "changelog", "changes", "news", "version", "release", "notice"}
)

// interpreter returns what the #! line of a script names, execve(2).
func interpreter(path string) string {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	line := make([]byte, 256)
	n, _ := io.ReadFull(file, line)
	text, found := bytes.CutPrefix(line[:n], []byte("#!"))
	if !found {
		return ""
	}
	text, _, _ = bytes.Cut(text, []byte("\n"))
	if fields := strings.Fields(string(text)); len(fields) > 0 && filepath.IsAbs(fields[0]) {
		return fields[0]
	}
	return ""
}
