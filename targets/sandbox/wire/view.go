package wire

import (
	"slices"
	"strings"
)

// SystemDirs are the directories of the machine that every server sees,
// read-only: programs, libraries and settings, but nobody's files.
var SystemDirs = []string{
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", "/gnu", "/snap",
}

// Nobody is the uid and gid of a server that forkproof starts as root.
const Nobody = 65534

// A View is what a server sees of the machine besides SystemDirs. All paths
// are absolute, and free of symbolic links but for Links.
type View struct {
	// Links are symbolic links that lead to what is shown: path and target.
	Links [][2]string `json:"links,omitempty"`
	// Own are the server's directories: it may write there, and what it writes
	// goes to its own disk.
	Own []string `json:"own,omitempty"`
	// Read are directories and files that it may read.
	Read []string `json:"read,omitempty"`
	// Files are those that the command names.
	Files []string `json:"files,omitempty"`
	// HandedOver are files and directories in Own that belong to the server's user.
	HandedOver []string `json:"handed_over,omitempty"`
	// Program is the file that is executed, unless it is one of the system or
	// only a link of the submission leads to it.
	Program string `json:"program,omitempty"`
	// Dir is its working directory.
	Dir string `json:"dir"`
	// UID and GID are those the server gets when forkproof is root.
	UID int `json:"uid"`
	GID int `json:"gid"`
}

// Shows says whether a server with this view sees a path.
func (v *View) Shows(path string) bool {
	above := func(dir string) bool { return Inside(path, dir) }
	return System(path) || slices.ContainsFunc(v.Own, above) || slices.ContainsFunc(v.Read, above)
}

// Topmost sorts paths and drops those inside others, or inside one of covered.
func Topmost(paths, covered []string) []string {
	slices.Sort(paths)
	var list []string
	for _, path := range paths {
		above := func(dir string) bool { return Inside(path, dir) }
		if !slices.ContainsFunc(list, above) && !slices.ContainsFunc(covered, above) {
			list = append(list, path)
		}
	}
	return list
}

// Inside says whether a path is dir or lies below it.
func Inside(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// ownDirs are those that every server has of its own.
var ownDirs = []string{"/proc", "/sys", "/dev"}

// Own says whether a path lies where every server has something of its own.
func Own(path string) bool {
	return slices.ContainsFunc(ownDirs, func(dir string) bool { return Inside(path, dir) })
}

// System says whether a path lies where every server sees the same, or what is
// its own.
func System(path string) bool {
	in := func(dir string) bool { return Inside(path, dir) }
	return slices.ContainsFunc(SystemDirs, in) || Own(path)
}
