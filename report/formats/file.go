package formats

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A File is where a result is written to: a name in a folder that is open. Who puts a
// symbolic link in the place of the folder meanwhile, as a server can that is judged in
// it, leads the result nowhere else.
type File struct {
	path   string // as it was given
	dir    string
	name   string
	folder *os.Root
}

// OpenFile opens the folder of path. It returns an error if no result file can be
// written there, so that a long run does not end in one, and leaves nothing behind. The
// error names the path, its folder, the errno and what to do.
func OpenFile(path string) (*File, error) {
	if path == "" {
		return nil, errors.New("write the result: no path is given")
	}
	f := &File{path: path, dir: filepath.Dir(filepath.Clean(path)), name: filepath.Base(path)}
	var err error
	if f.folder, err = os.OpenRoot(f.dir); err != nil {
		if info, found := os.Stat(f.dir); found == nil && !info.IsDir() {
			err = unix.ENOTDIR // which OpenRoot says in words of its own
		}
		return nil, refused(path, err)
	}
	tmp, name, err := f.createTemporary()
	if err == nil {
		err = errors.Join(tmp.Close(), f.folder.Remove(name))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Close closes the folder.
func (f *File) Close() error { return f.folder.Close() }

// RemoveOld removes a result that an earlier run wrote; there need be none. A symbolic
// link is not followed. OpenFile has refused anything that is no file.
func (f *File) RemoveOld() error {
	if err := f.folder.Remove(f.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return refused(f.path, err)
	}
	return nil
}

// Replace writes a new file in the folder, syncs it, and renames it to the name of the
// old one: rename(2) is atomic, so no reader ever sees half a result.
func (f *File) Replace(write func(io.Writer) error) error {
	tmp, name, err := f.createTemporary()
	if err != nil {
		return err
	}
	err = errors.Join(write(tmp), tmp.Sync(), tmp.Close())
	if err == nil {
		err = f.folder.Rename(name, f.name)
	}
	if err != nil {
		_ = f.folder.Remove(name) // the first error is the cause
		return refused(f.path, err)
	}
	return errors.Join(f.syncFolder(), f.stillThere())
}

// stillThere returns an error if the path leads to another folder by now: the result is
// in the one that was opened, and the reader does not find it at the path.
func (f *File) stillThere() error {
	opened, err := f.folder.Stat(".")
	if err != nil {
		return refused(f.path, err)
	}
	now, err := os.Stat(f.dir)
	if err != nil || !os.SameFile(opened, now) {
		return fmt.Errorf("write %s: the folder %s was replaced while the server was judged: name one that it cannot change",
			f.path, f.dir)
	}
	return nil
}

// createTemporary creates a new file whose name starts with a dot and the last element
// of the path, with the permissions of the old file or of a new one.
func (f *File) createTemporary() (tmp *os.File, name string, err error) {
	mode, err := f.mode()
	if err != nil {
		return nil, "", err
	}
	for n := 0; ; n++ {
		name = fmt.Sprintf(".%s.%d.%d", f.name, os.Getpid(), n)
		tmp, err = f.folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, "", refused(f.path, err)
		}
		return tmp, name, nil
	}
}

// mode returns the permissions of the old file, or those of a new one. The error says
// why the old one cannot be replaced.
func (f *File) mode() (fs.FileMode, error) {
	info, err := f.folder.Lstat(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0o666, nil // less the umask
	case err != nil:
		return 0, refused(f.path, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return 0, fmt.Errorf("write %s: it is a symbolic link; name the file itself, or - for the standard output", f.path)
	case info.IsDir():
		return 0, fmt.Errorf("write %s: it is a folder; name a file in it", f.path)
	case !info.Mode().IsRegular():
		return 0, fmt.Errorf("write %s: it is not a regular file; use - for the standard output", f.path)
	}
	return info.Mode().Perm(), nil
}

// refused returns an error that says why no file can be written to path, and what
// to do. It names the folder, and not the temporary file, which the user did not
// ask for.
func refused(path string, err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		err = errno
	}
	folder, advice := filepath.Dir(path), "name another path"
	// The errno alone does not tell: /proc returns ENOENT for what it refuses.
	if _, missing := os.Stat(folder); errors.Is(missing, fs.ErrNotExist) {
		advice = "create the folder, or name another path"
	}
	return fmt.Errorf("write %s: in the folder %s: %w: %s", path, folder, err, advice)
}

// syncFolder syncs a rename in the folder to the disk.
func (f *File) syncFolder() error {
	d, err := f.folder.Open(".")
	if err != nil {
		return fmt.Errorf("sync the folder %s: %w", f.dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync the folder %s: %w", f.dir, err)
	}
	return nil
}
