// Package intake finds the submissions of a class and copies each, within bounds, to
// where it is built and judged. A submission is anybody's: what it is made of decides
// nothing but its own grade.
package intake

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// A Submission is a folder or an archive.
type Submission struct {
	// Name is that of the folder or archive, without the archive's ending, as valid UTF-8.
	Name string
	// Path is where it is.
	Path string
	// link says that it is a symbolic link, which is not followed.
	link bool
}

// endings are those of archives.
var endings = []string{".zip", ".tar.gz", ".tgz"}

// ending returns the ending of an archive's name; empty if it is none.
func ending(name string) string {
	for _, e := range endings {
		if len(name) > len(e) && strings.EqualFold(name[len(name)-len(e):], e) {
			return e
		}
	}
	return ""
}

// Find returns the submissions, by name: each archive that is named, and each folder and
// archive that lies in a folder that is named. Ignored are other files in those folders.
// The error is one sentence for the person who named them.
func Find(paths []string) (list []Submission, ignored []string, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, nil, unreadable(path, err)
		case info.Mode().IsRegular() && ending(path) != "":
			list = append(list, newSubmission(filepath.Dir(path), filepath.Base(path), info.Mode()))
			continue
		case !info.IsDir():
			return nil, nil, fmt.Errorf("the submissions %s: it is neither a folder nor an archive (%s)", quoted(path), strings.Join(endings, ", "))
		}
		found, others, err := findIn(path)
		if err != nil {
			return nil, nil, err
		}
		list, ignored = append(list, found...), append(ignored, others...)
	}
	slices.SortFunc(list, func(a, b Submission) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(list); i++ {
		if list[i].Name == list[i-1].Name {
			return nil, nil, fmt.Errorf("%s and %s are both the submission %s: rename or move one of them",
				quoted(list[i-1].Path), quoted(list[i].Path), quoted(list[i].Name))
		}
	}
	if len(list) == 0 {
		return nil, nil, fmt.Errorf("no submission in %s: each is a folder or an archive (%s) in it", quoted(strings.Join(paths, ", ")), strings.Join(endings, ", "))
	}
	return list, ignored, nil
}

// findIn returns the submissions in a folder. Names that begin with a dot are none.
func findIn(dir string) (list []Submission, ignored []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, unreadable(dir, err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if e.Type().IsRegular() && ending(e.Name()) == "" || !e.IsDir() && !e.Type().IsRegular() && e.Type() != fs.ModeSymlink {
			ignored = append(ignored, filepath.Join(dir, e.Name()))
			continue
		}
		list = append(list, newSubmission(dir, e.Name(), e.Type()))
	}
	return list, ignored, nil
}

func newSubmission(dir, base string, mode fs.FileMode) Submission {
	name := base
	if !mode.IsDir() {
		name = base[:len(base)-len(ending(base))]
	}
	return Submission{
		Name: strings.ToValidUTF8(name, "\uFFFD"), Path: filepath.Join(dir, base), link: mode&fs.ModeSymlink != 0,
	}
}

func unreadable(path string, err error) error {
	var refused *fs.PathError
	if errors.As(err, &refused) {
		err = refused.Err
	}
	return fmt.Errorf("read the submissions %s: %w", quoted(path), err)
}

// quoted returns a path in quotes, in one line.
func quoted(path string) string { return `"` + report.Line(path) + `"` }
