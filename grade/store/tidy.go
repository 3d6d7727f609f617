package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ours are the names of the files that are written into a folder.
var ours = []string{"batch.json", "rubric.yaml", "gradebook.csv", "class.html", "submission.json", "result.json", "index.html", "report.html", "build.txt"}

// Tidy removes temporary files that a forkproof left which was killed.
func (f *Folder) Tidy() error {
	dirs := []string{f.dir}
	entries, err := os.ReadDir(f.Path(submissions))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return unreadable(f.dir, err)
	}
	for _, e := range entries {
		dirs = append(dirs, f.Path(submissions, e.Name()))
	}
	var left []string
	for _, dir := range dirs {
		if base := filepath.Base(dir); strings.HasPrefix(base, earlierPrefix) || strings.HasPrefix(base, mergePrefix) {
			left = append(left, dir)
			continue
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return unreadable(dir, err)
		}
		for _, e := range entries {
			if temporary(e.Name()) {
				left = append(left, filepath.Join(dir, e.Name()))
			}
		}
	}
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove %s: %w", Quoted(path), cause(err))
		}
	}
	return nil
}

// temporary reports whether a name is that of a file of ours in the making, as package
// formats names them.
func temporary(name string) bool {
	for _, own := range ours {
		if rest, found := strings.CutPrefix(name, "."+own+"."); found && strings.Trim(rest, "0123456789.") == "" {
			return true
		}
	}
	return false
}

// Clear removes all results.
func (f *Folder) Clear() error {
	for _, name := range []string{"batch.json", "gradebook.csv", "class.html", "rubric.yaml", submissions} {
		if err := os.RemoveAll(f.Path(name)); err != nil {
			return fmt.Errorf("remove %s: %w", Quoted(f.Path(name)), cause(err))
		}
	}
	return nil
}
