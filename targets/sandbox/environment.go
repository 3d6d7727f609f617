package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// environment is what every server gets, and after it what was asked for: the
// machine's own would tell it who runs forkproof, and change from one machine
// to the next. Of PATH those directories are left that the server sees.
func environment(v *wire.View, more []string) []string {
	var path []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) && (v == nil || v.Shows(dir)) {
			path = append(path, dir)
		}
	}
	if len(path) == 0 {
		path = []string{"/usr/local/bin", "/usr/bin", "/bin"}
	}
	list := []string{
		"PATH=" + strings.Join(path, string(filepath.ListSeparator)),
		"HOME=/tmp", "TMPDIR=/tmp", "LANG=C.UTF-8",
	}
	for _, entry := range more {
		name, _, _ := strings.Cut(entry, "=")
		list = slices.DeleteFunc(list, func(old string) bool { return strings.HasPrefix(old, name+"=") })
		list = append(list, entry)
	}
	return list
}
