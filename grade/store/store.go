// Package store keeps the results of a class in a folder. Each file is written whole or
// not at all, and a submission counts as judged when its record is there, which is
// written last.
//
//	RESULTS/batch.json                        what was judged, by which rubric and forkproof
//	RESULTS/rubric.yaml                       the rubric, as it was read
//	RESULTS/gradebook.csv, class.html         the grades
//	RESULTS/submissions/NAME/submission.json  the record of one submission
//	RESULTS/submissions/NAME/result.json      the result file of check
//	RESULTS/submissions/NAME/index.html       its points, for the student
//	RESULTS/submissions/NAME/report.html      its report, for the student
//	RESULTS/submissions/NAME/build.txt        what its build printed
//	RESULTS/submissions/NAME/earlier/HASH/    the same of an earlier submission
package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/formats"
)

// A Folder is a folder of results.
type Folder struct {
	dir  string
	lock *os.File
}

// Open returns a folder of results that exists. The error is one sentence.
func Open(dir string) (*Folder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("the results %s: it is no folder", Quoted(dir))
	}
	return &Folder{dir: dir}, nil
}

// Create returns a folder of results, which it makes if there is none. A folder that has
// other things in it is refused.
func Create(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil { // less the umask
		return nil, fmt.Errorf("make the results %s: %w", Quoted(dir), cause(err))
	}
	f, err := Open(dir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	if _, found, err := f.Batch(); err != nil || found {
		return f, err
	}
	for _, e := range entries {
		if e.Name() != lockName {
			return nil, fmt.Errorf("the results %s: there are other files in that folder: name a new one", Quoted(dir))
		}
	}
	return f, nil
}

// lockName is the file that the forkproof that grades into a folder has locked.
const lockName = "lock"

// A BusyError says that another forkproof grades into the same folder.
type BusyError struct{ Dir string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("the results %s: another forkproof writes to them: wait for its end, or name another folder", Quoted(e.Dir))
}

// Lock keeps every other forkproof from writing to the folder until Close. It returns what the last
// holder of the lock noted by Note, if that was ended before Close.
func (f *Folder) Lock() (note string, err error) {
	file, err := os.OpenFile(f.Path(lockName), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return "", fmt.Errorf("lock the results %s: %w", Quoted(f.dir), cause(err))
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return "", &BusyError{f.dir}
		}
		return "", fmt.Errorf("lock the results %s: %w", Quoted(f.dir), err)
	}
	f.lock = file
	const mostNote = 4096
	data, err := io.ReadAll(io.LimitReader(file, mostNote))
	return string(data), err
}

// Note keeps a text for the process that locks the folder after a SIGKILL.
func (f *Folder) Note(text string) error {
	err := f.lock.Truncate(0)
	if err == nil {
		_, err = f.lock.WriteAt([]byte(text), 0)
	}
	if err != nil {
		return fmt.Errorf("write to the results %s: %w", Quoted(f.dir), cause(err))
	}
	return nil
}

// Close unlocks the folder.
func (f *Folder) Close() error {
	if f.lock == nil {
		return nil
	}
	err := errors.Join(f.lock.Truncate(0), f.lock.Close())
	f.lock = nil
	return err
}

// Dir returns the path of the folder.
func (f *Folder) Dir() string { return f.dir }

// Same reports whether two folders are one.
func (f *Folder) Same(other *Folder) bool {
	a, err := os.Stat(f.dir)
	b, otherErr := os.Stat(other.dir)
	return err == nil && otherErr == nil && os.SameFile(a, b)
}

// Path returns the path of a file in the folder.
func (f *Folder) Path(names ...string) string {
	return filepath.Join(append([]string{f.dir}, names...)...)
}

// Write writes a file in the folder, or in that of a submission, whole or not at all. A
// file that has the same text already is left as it is.
func (f *Folder) Write(text []byte, names ...string) error {
	path := f.Path(names...)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("write %s: %w", Quoted(path), cause(err))
	}
	file, err := formats.OpenFile(path)
	if err != nil {
		return err
	}
	err = file.Replace(func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	return errors.Join(err, file.Close())
}

// WriteJSON writes a value as JSON, as Write does.
func (f *Folder) WriteJSON(v any, names ...string) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", names[len(names)-1], err)
	}
	return f.Write(append(text, '\n'), names...)
}

// readJSON reads a file that WriteJSON has written; found is false if there is none.
func (f *Folder) readJSON(v any, schema string, names ...string) (found bool, err error) {
	path := f.Path(names...)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, unreadable(path, err)
	}
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return false, fmt.Errorf("read %s: it is damaged: %w: grade with --fresh", Quoted(path), err)
	}
	if head.Schema != schema {
		return false, fmt.Errorf("read %s: its schema is %q, and this forkproof reads %q", Quoted(path), head.Schema, schema)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return false, fmt.Errorf("read %s: it is damaged: %w: grade with --fresh", Quoted(path), err)
	}
	return true, nil
}

func unreadable(path string, err error) error {
	return fmt.Errorf("read the results %s: %w", Quoted(path), cause(err))
}

// cause returns the errno of an error of a file.
func cause(err error) error {
	var refused *fs.PathError
	if errors.As(err, &refused) {
		return refused.Err
	}
	return err
}

// Quoted returns a path in quotes, in one line.
func Quoted(path string) string { return `"` + report.Line(path) + `"` }
