package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// systemDirs are the directories of the machine that every server sees,
// read-only: programs, libraries and settings, but nobody's files.
var systemDirs = []string{
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", "/gnu", "/snap",
}

// nobody is the uid and gid of a server that forkproof starts as root.
const nobody = 65534

// A view is what a server sees of the machine besides systemDirs. All paths
// are absolute, and free of symbolic links but for Links.
type view struct {
	// Links are symbolic links that lead to what is shown: path and target.
	Links [][2]string `json:"links,omitempty"`
	// Own are the server's directories: it may write there, and what it writes
	// goes to its own disk.
	Own []string `json:"own,omitempty"`
	// Read are directories and files that it may read.
	Read []string `json:"read,omitempty"`
	// Files are those that the command names.
	Files []string `json:"files,omitempty"`
	// Dir is its working directory.
	Dir string `json:"dir"`
	// UID and GID are those the server gets when forkproof is root.
	UID int `json:"uid"`
	GID int `json:"gid"`
}

// viewOf finds out what a program needs to see: its own directory, those of
// the files that its arguments name, the working directory when they lie there,
// and the language runtime that it is or that its #! line names.
func viewOf(p Program) (*view, error) {
	dir := p.Dir
	if dir == "" {
		var err error
		if dir, err = os.Getwd(); err != nil {
			return nil, fmt.Errorf("find the working directory: %w", err)
		}
	}
	b := viewBuilder{view: view{UID: nobody, GID: nobody}, cwd: dir}
	b.Dir = b.resolve(dir)
	program := b.resolve(p.Path)
	b.runtime(p.Path)
	b.runtime(program)
	if script := interpreter(program); script != "" {
		b.runtime(script)
		b.runtime(b.resolve(script))
	}
	b.file(program)
	for _, arg := range p.Args[min(1, len(p.Args)):] {
		b.argument(arg)
	}
	b.workIn(b.Dir)
	b.tidy()
	return &b.view, nil
}

type viewBuilder struct {
	view
	cwd   string
	owned bool // UID is that of a file's owner
}

// resolve follows the symbolic links of a path, and notes them to be shown
// where nothing else shows them.
func (b *viewBuilder) resolve(path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(b.cwd, path)
	}
	path = filepath.Clean(path)
	for range 40 { // ELOOP
		at, rest := "/", strings.TrimPrefix(path, "/")
		for rest != "" {
			var name string
			name, rest, _ = strings.Cut(rest, "/")
			at = filepath.Join(at, name)
			target, err := os.Readlink(at)
			if err != nil {
				continue
			}
			if link := [2]string{at, target}; !system(at) && !slices.Contains(b.Links, link) {
				b.Links = append(b.Links, link)
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(at), target)
			}
			at = filepath.Join(target, rest)
			break
		}
		if at == path {
			return path
		}
		path = at
	}
	return path
}

// runtime shows the installation that a program belongs to: what is above its
// bin directory, when that looks like one.
func (b *viewBuilder) runtime(program string) {
	dir := filepath.Dir(program)
	above := filepath.Dir(dir)
	if system(dir) || !slices.Contains([]string{"bin", "sbin", "shims", "libexec"}, filepath.Base(dir)) || private(above) {
		return
	}
	for _, sign := range []string{"lib", "lib64", "libexec", "versions", "jmods"} {
		if info, err := os.Stat(filepath.Join(above, sign)); err == nil && info.IsDir() {
			b.Read = append(b.Read, b.resolve(above))
			return
		}
	}
}

// interpreter is what the #! line of a script names, execve(2).
func interpreter(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
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
// of "java Server" and "python3 -m server", by its stem.
func (b *viewBuilder) word(arg string) {
	if _, value, found := strings.Cut(arg, "="); found {
		arg = value
	}
	if arg == "" || len(arg) > unix.PathMax || strings.ContainsAny(arg, "\x00\n") {
		return
	}
	path := arg
	if !filepath.IsAbs(path) {
		path = filepath.Join(b.cwd, path)
	}
	if _, err := os.Stat(path); err == nil {
		b.file(b.resolve(path))
		return
	}
	stem, _, _ := strings.Cut(arg, ".")
	for _, ending := range []string{".class", ".py", ".js", ".rb", ""} {
		path := filepath.Join(b.cwd, stem+ending)
		if _, err := os.Stat(path); stem != "" && err == nil {
			b.file(b.resolve(path))
		}
	}
}

// file shows a file of the server with its directory, or alone where the
// directory is a person's and not the server's.
func (b *viewBuilder) file(path string) {
	info, err := os.Stat(path)
	if err != nil || system(path) {
		return
	}
	dir := path
	if !info.IsDir() {
		dir = filepath.Dir(path)
	}
	shown := func(r string) bool { return inside(dir, r) }
	switch {
	case slices.ContainsFunc(b.Read, shown):
		return // it belongs to a runtime
	case !private(dir):
		b.Own = append(b.Own, dir)
	case !info.IsDir():
		b.Read = append(b.Read, path)
	default:
		return
	}
	if !info.IsDir() {
		b.Files = append(b.Files, path)
	}
	b.belongsTo(info)
}

// belongsTo has the server run as the owner of its first file, unless that is root.
func (b *viewBuilder) belongsTo(info os.FileInfo) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || b.owned {
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
	lies := func(path string) bool { return inside(path, dir) }
	if !private(dir) && !system(dir) && (slices.ContainsFunc(b.Own, lies) || slices.ContainsFunc(b.Read, lies)) {
		b.Own = append(b.Own, dir)
	}
}

// shows says whether a server with this view sees a path.
func (v *view) shows(path string) bool {
	above := func(dir string) bool { return inside(path, dir) }
	return system(path) || slices.ContainsFunc(v.Own, above) || slices.ContainsFunc(v.Read, above)
}

// tidy drops what is shown already by something above it.
func (b *viewBuilder) tidy() {
	b.Own = topmost(b.Own, nil)
	b.Read = topmost(b.Read, b.Own)
	b.Links = slices.DeleteFunc(b.Links, func(link [2]string) bool {
		above := func(dir string) bool { return inside(link[0], dir) }
		return slices.ContainsFunc(b.Own, above) || slices.ContainsFunc(b.Read, above)
	})
}

// topmost sorts paths and drops those inside others, or inside one of covered.
func topmost(paths, covered []string) []string {
	slices.Sort(paths)
	var list []string
	for _, path := range paths {
		above := func(dir string) bool { return inside(path, dir) }
		if !slices.ContainsFunc(list, above) && !slices.ContainsFunc(covered, above) {
			list = append(list, path)
		}
	}
	return list
}

// inside says whether a path is dir or lies below it.
func inside(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// ownDirs are those that every server has of its own.
var ownDirs = []string{"/proc", "/sys", "/dev"}

// system says whether a path lies where every server sees the same, or what is
// its own.
func system(path string) bool {
	in := func(dir string) bool { return inside(path, dir) }
	return slices.ContainsFunc(systemDirs, in) || slices.ContainsFunc(ownDirs, in)
}

// private says whether a directory holds what is no server's business: a home,
// what is above one, or a place that everybody writes to.
func private(dir string) bool {
	home, _ := os.UserHomeDir()
	if filepath.Dir(dir) == "/home" || home != "" && inside(filepath.Clean(home), dir) {
		return true
	}
	for _, place := range []string{"/root", "/tmp", "/var/tmp", "/home", "/run", "/srv", "/mnt", "/media", "/dev/shm", "/proc", "/sys"} {
		if inside(place, dir) {
			return true
		}
	}
	return false
}
