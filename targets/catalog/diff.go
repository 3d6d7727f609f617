package catalog

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff returns the difference of a server from the reference, or from the Good server of
// which it replaces a file, as a unified diff: its files against those that they replace, without header comments. Line numbers
// count from below the header. The diff of the reference is empty.
func Diff(s Server) (string, error) { return difference(s, diff.Diff) }

// Mend is Diff the other way round: what makes the reference of a server.
func Mend(s Server) (string, error) {
	return difference(s, func(replaced string, original []byte, file string, code []byte) []byte {
		return diff.Diff(file, code, replaced, original)
	})
}

// difference compares each file of a server with the one that it replaces.
func difference(s Server, compare func(replaced string, original []byte, file string, code []byte) []byte) (string, error) {
	var text strings.Builder
	for _, file := range s.units {
		replaced := path.Join(refFolder, path.Base(file))
		if path.Base(file) == mainUnit {
			replaced = mainUnit
		}
		if s.Of != "" && file == s.Header {
			replaced = s.replaces()
		}
		if file == replaced || s.Of != "" && file != s.Header {
			continue
		}
		original, err := codeOf(s.sources, replaced)
		if errors.Is(err, fs.ErrNotExist) { // a file of its own
			replaced, err = "/dev/null", nil
		}
		if err != nil {
			return "", err
		}
		code, err := codeOf(s.sources, file)
		if err != nil {
			return "", err
		}
		text.Write(compare(replaced, []byte(original), file, []byte(code)))
	}
	return text.String(), nil
}
