package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// cacheVariable moves the folder of built servers; it is catalog.cacheVariable.
const cacheVariable = "FORKPROOF_CACHE"

// sharedPlaces are directories that belong to no server, and those above them
// do not either.
var sharedPlaces = []string{
	"/root", "/tmp", "/var/tmp", "/home", "/run", "/srv", "/mnt", "/media", "/dev/shm", "/proc", "/sys",
}

// private says whether a directory, whose path has no symbolic links, is not a
// server's to see: a home, a directory above one, what lies in the dot-folders
// of a home (keys, tokens, caches), the cache of built servers, or a place that
// every user writes to.
func private(dir string) bool {
	home := homeOf(dir)
	if home == dir || home != "" && strings.HasPrefix(dir, home+"/.") {
		return true
	}
	if own := ownHome(); own != "" && wire.Inside(own, dir) {
		return true
	}
	if cache := os.Getenv(cacheVariable); cache != "" && wire.Inside(dir, real(cache)) {
		return true
	}
	above := func(place string) bool { return wire.Inside(place, dir) }
	return slices.ContainsFunc(sharedPlaces, above)
}

// homeOf returns the home directory that a path lies in; "" when there is none.
func homeOf(path string) string {
	if own := ownHome(); own != "" && wire.Inside(path, own) {
		return own
	}
	if wire.Inside(path, "/root") {
		return "/root"
	}
	if rest, found := strings.CutPrefix(path, "/home/"); found {
		name, _, _ := strings.Cut(rest, "/")
		return "/home/" + name
	}
	return ""
}

// ownHome returns the home directory of the person who runs forkproof; "" when
// it is unknown or the root directory.
func ownHome() string {
	home, err := os.UserHomeDir()
	if home = real(home); err != nil || home == "/" {
		return ""
	}
	return home
}

// real returns an absolute path without symbolic links, as far as it exists.
func real(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return path
}

// toolchains are the directories of a home in which version managers install
// language runtimes. They hold nothing else.
var toolchains = []string{
	".pyenv", ".rbenv", ".nodenv", ".nvm/versions", ".asdf", ".volta/tools", ".rustup/toolchains",
	".sdkman/candidates", ".local/share/uv/python", ".local/share/mise/installs", ".local/share/rtx/installs",
}

// toolchain says whether a directory lies where a version manager installs
// language runtimes.
func toolchain(dir string) bool {
	home := homeOf(dir)
	return home != "" && slices.ContainsFunc(toolchains, func(name string) bool {
		return wire.Inside(dir, filepath.Join(home, name))
	})
}

// openToAll says whether every user of the machine may read a file, or list a
// directory.
func openToAll(path string) bool {
	const read, search = unix.S_IROTH, unix.S_IXOTH
	for at, needed := path, uint32(read); ; at, needed = filepath.Dir(at), search {
		stat, err := wire.Look(at)
		if err != nil || stat.Mode&needed != needed {
			return false
		}
		if at == "/" {
			return true
		}
	}
}
