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

// CheckPath returns an error if no result file can be written to path, so that a
// long run does not end in one. It leaves nothing behind. The error names the
// path, its folder, the errno and what to do.
func CheckPath(path string) error {
	tmp, err := createBeside(path)
	if err != nil {
		return err
	}
	return errors.Join(tmp.Close(), os.Remove(tmp.Name()))
}

// RemoveOld removes a result that an earlier run wrote to path; there need be none. A
// symbolic link is not followed. CheckPath has refused anything that is no file.
func RemoveOld(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return refused(path, err)
	}
	return nil
}

// replaceFile writes a file beside path, syncs it, and renames it to path:
// rename(2) is atomic, so no reader ever sees half a result.
func replaceFile(path string, write func(io.Writer) error) error {
	tmp, err := createBeside(path)
	if err != nil {
		return err
	}
	err = errors.Join(write(tmp), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // the first error is the cause
		return refused(path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// createBeside creates a file in the folder of path, with the permissions of the
// file at path or of a new one.
func createBeside(path string) (*os.File, error) {
	if path == "" {
		return nil, errors.New("write the result: no path is given")
	}
	mode := fs.FileMode(0o666) // less the umask
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, refused(path, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, fmt.Errorf("write %s: it is a symbolic link; name the file itself, or - for the standard output", path)
	case info.IsDir():
		return nil, fmt.Errorf("write %s: it is a folder; name a file in it", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("write %s: it is not a regular file; use - for the standard output", path)
	default:
		mode = info.Mode().Perm()
	}
	return createTemporary(path, mode)
}

// createTemporary creates a new file whose name starts with a dot and path's
// last element.
func createTemporary(path string, mode fs.FileMode) (*os.File, error) {
	for n := 0; ; n++ {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d.%d", filepath.Base(path), os.Getpid(), n))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, refused(path, err)
		}
		return f, nil
	}
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

// syncFolder syncs a rename in dir to the disk.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync the folder %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync the folder %s: %w", dir, err)
	}
	return nil
}
