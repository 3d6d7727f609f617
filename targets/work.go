package targets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/forkproof/forkproof/targets/sandbox"
)

// mostDirectories is how many directories a command may change.
const mostDirectories = 500

// directories returns a directory and all below it.
func directories(dir string) (list []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			return nil
		case len(list) == mostDirectories:
			return fmt.Errorf("%s has more than %d directories", dir, mostDirectories)
		}
		list = append(list, path)
		return nil
	})
	return list, err
}

// copyToWorkIn copies a directory to a temporary one that belongs to the command's
// user, and returns that and what removes it.
func copyToWorkIn(dir string, limits RunLimits) (work string, remove func() error, err error) {
	from, err := os.Open(dir)
	if err != nil {
		return "", nil, &CommandError{err}
	}
	defer func() { _ = from.Close() }()
	made, err := os.MkdirTemp("", "forkproof-run-")
	if err != nil {
		return "", nil, fmt.Errorf("make a directory to work in: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeWork(made))
		}
	}()
	c, err := newCopier(made, limits)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = c.to.Close() }()
	if err := c.directory(int(from.Fd()), ".", 0); err != nil {
		return "", nil, &CommandError{fmt.Errorf("copy %s: %w", dir, err)}
	}
	if uid, gid, changes := sandbox.UserFor(dir); changes {
		err = filepath.WalkDir(made, func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, uid, gid))
		})
	}
	return made, func() error { return removeWork(made) }, err
}

// removeWork removes a directory that a command has worked in, also what the command
// took the rights to away from.
func removeWork(dir string) error {
	err := os.RemoveAll(dir)
	if !denied(err) {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return errors.Join(giveRights(root, "."), os.RemoveAll(dir))
}

// giveRights lets the owner change a directory and all below it.
func giveRights(root *os.Root, name string) error {
	if err := root.Chmod(name, 0o700); err != nil {
		return err
	}
	dir, err := root.Open(name)
	if err != nil {
		return err
	}
	entries, err := dir.ReadDir(-1)
	_ = dir.Close() // there may be more directories below than files that may be open
	for _, entry := range entries {
		if entry.IsDir() {
			err = errors.Join(err, giveRights(root, filepath.Join(name, entry.Name())))
		}
	}
	return err
}
