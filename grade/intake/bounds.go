package intake

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Bounds of one submission.
const (
	// mostEntries is how many files, folders and links it may have.
	mostEntries = 2000
	// mostBytes is how large its files may be together, and mostArchive an archive.
	mostBytes   = 128 << 20
	mostArchive = 64 << 20
	// mostDepth is how deep folders may lie in each other, mostPath how many bytes a
	// path may have.
	mostDepth = 32
	mostPath  = 1024
	// mostLeftOut is how many entries that are left out are named.
	mostLeftOut = 20
)

// A RefusedError says what is wrong with a submission, in one sentence about it.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

func refuse(format string, args ...any) error {
	return &RefusedError{fmt.Sprintf(format, args...)}
}

// A target is a folder that a submission is copied to, and what may still come.
type target struct {
	root             *os.Root
	entries          int
	bytes, mostBytes int64
	leftOut          []string
}

// local returns the path of an entry as it is below the root. An entry that leads out of
// the submission is refused.
func local(name string) (string, error) {
	clean := filepath.Clean(name)
	switch {
	case strings.ContainsRune(name, 0):
		return "", refuse("an entry has a name with a NUL byte")
	case len(name) > mostPath:
		return "", refuse("an entry has a path of %d bytes, more than %d", len(name), mostPath)
	case !filepath.IsLocal(clean):
		return "", refuse("the entry %s leads out of the submission", quoted(name))
	case strings.Count(clean, "/") >= mostDepth:
		return "", refuse("folders lie in each other more than %d deep", mostDepth)
	}
	return clean, nil
}

// count counts one entry.
func (t *target) count() error {
	if t.entries++; t.entries > mostEntries {
		return refuse("it has more than %d files and folders", mostEntries)
	}
	return nil
}

// leave notes an entry that is neither a file nor a folder.
func (t *target) leave(name string) {
	if len(t.leftOut) < mostLeftOut {
		t.leftOut = append(t.leftOut, name)
	}
}

// folder makes a folder with all above it.
func (t *target) folder(name string) error {
	if name == "." {
		return nil
	}
	if err := t.root.MkdirAll(name, 0o755); err != nil {
		return wrongEntry(name, err)
	}
	return nil
}

// file writes a file; a later one of the same name replaces an earlier one.
func (t *target) file(name string, executable bool, from io.Reader) error {
	if err := t.folder(filepath.Dir(name)); err != nil {
		return err
	}
	if info, err := t.root.Lstat(name); err == nil && info.Mode().IsRegular() {
		if err := t.root.Remove(name); err != nil {
			return err
		}
	}
	mode := fs.FileMode(0o644)
	if executable {
		mode = 0o755
	}
	to, err := t.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return wrongEntry(name, err)
	}
	n, err := io.Copy(to, io.LimitReader(from, t.mostBytes-t.bytes+1))
	if closed := to.Close(); err == nil {
		err = closed
	}
	if t.bytes += n; err == nil && t.bytes > t.mostBytes {
		return refuse("its files are larger than %d MiB together", t.mostBytes>>20)
	}
	return err
}
