package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// mostLinks is how many symbolic links are followed, as by the kernel:
// path_resolution(7).
const mostLinks = 40

// A place is where a path leads to.
type place struct {
	path string // absolute, without symbolic links
	// foreign says that a symbolic link of the submission leads out of it. The
	// submission is the working directory; for a link elsewhere it is the
	// directory that holds the link.
	foreign bool
}

// follow returns where a path leads to. It notes the links on the way, so that
// they are shown where nothing else shows them.
func (b *viewBuilder) follow(path string) place {
	path = filepath.Clean(b.absolute(path))
	scope := ""
	for range mostLinks {
		at, target, rest := firstLink(path)
		if at == "" {
			return place{path, scope != "" && !wire.Inside(path, scope) && !wire.System(path)}
		}
		if !wire.System(at) {
			b.noteLink(at, target)
			if scope == "" {
				scope = b.scope(filepath.Dir(at))
			}
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(at), target)
		}
		path = filepath.Join(target, rest)
	}
	return place{path, true}
}

// firstLink returns the first symbolic link of a path, what it holds, and what
// follows it in the path; "" when the path has none.
func firstLink(path string) (at, target, rest string) {
	at, rest = "/", strings.TrimPrefix(path, "/")
	for rest != "" {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		at = filepath.Join(at, name)
		if target, err := os.Readlink(at); err == nil {
			return at, target, rest
		}
	}
	return "", "", ""
}

// scope returns the submission that a link in a directory belongs to.
func (b *viewBuilder) scope(dir string) string {
	if b.Dir != "" && wire.Inside(dir, b.Dir) {
		return b.Dir
	}
	return dir
}

func (b *viewBuilder) noteLink(at, target string) {
	if link := [2]string{at, target}; !slices.Contains(b.Links, link) {
		b.Links = append(b.Links, link)
	}
}
