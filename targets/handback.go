package targets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox"
)

const (
	// mostLeftOut is how many files that are not handed back are named.
	mostLeftOut = 20
	// mostDepth is how deep directories may lie in each other.
	mostDepth = 32
	// mostDirectories is how many directories a command may change.
	mostDirectories = 500
)

// A limitError says that a directory has more in it than may be copied.
type limitError string

func (e limitError) Error() string { return string(e) }

// handBack copies what a command has left in its directory. When that is too much,
// nothing is handed back, and Stopped says so.
func (r *RunResult) handBack(dir *os.File, into string, limits RunLimits) error {
	err := os.MkdirAll(into, 0o755)
	if err != nil {
		return fmt.Errorf("make the folder for what a command makes: %w", err)
	}
	if entries, err := os.ReadDir(into); err != nil || len(entries) > 0 {
		return errors.Join(fmt.Errorf("the folder %s is not empty", into), err)
	}
	c, err := newCopier(into, limits)
	if err != nil {
		return err
	}
	defer func() { _ = c.to.Close() }()
	err = c.directory(int(dir.Fd()), ".", 0)
	var passed limitError
	if errors.As(err, &passed) {
		r.Stopped, err = passed.Error(), c.clear()
		return err
	}
	r.Files, r.LeftOut = c.files, c.leftOut
	return err
}

// A copier copies the regular files of a directory. It follows no link, opens nothing
// but files and directories, and writes nowhere but below its root.
type copier struct {
	to      *os.Root
	entries int   // that may still come
	bytes   int64 // that may still come
	limits  RunLimits
	files   []string
	leftOut []string
}

func newCopier(into string, limits RunLimits) (*copier, error) {
	to, err := os.OpenRoot(into)
	if err != nil {
		return nil, fmt.Errorf("open the folder for what a command makes: %w", err)
	}
	return &copier{to: to, entries: limits.Files, bytes: limits.HandedBytes, limits: limits}, nil
}

// directory copies what is in an open directory.
func (c *copier) directory(fd int, name string, depth int) error {
	if depth > mostDepth {
		return limitError(fmt.Sprintf("directories lie in each other more than %d deep", mostDepth))
	}
	const part = 100
	dir, err := unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("list %s: %w", name, err)
	}
	list := os.NewFile(uintptr(dir), name)
	defer func() { _ = list.Close() }()
	for {
		names, err := list.Readdirnames(part)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list %s: %w", name, err)
		}
		if c.entries -= len(names); c.entries < 0 {
			return limitError(fmt.Sprintf("there are more than %d files in its directory", c.limits.Files))
		}
		slices.Sort(names)
		for _, one := range names {
			if err := c.entry(fd, one, filepath.Join(name, one), depth); err != nil {
				return err
			}
		}
	}
}

// entry copies one entry of a directory.
func (c *copier) entry(at int, base, name string, depth int) error {
	var stat unix.Stat_t
	if err := unix.Fstatat(at, base, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("look at %s: %w", name, err)
	}
	flags := unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		fd, err := unix.Openat(at, base, flags|unix.O_DIRECTORY, 0)
		if err != nil {
			return fmt.Errorf("open %s: %w", name, err)
		}
		defer func() { _ = unix.Close(fd) }()
		if err := c.to.Mkdir(name, 0o755); err != nil {
			return err
		}
		return c.directory(fd, name, depth+1)
	case unix.S_IFREG:
		fd, err := unix.Openat(at, base, flags, 0)
		if err != nil {
			return fmt.Errorf("open %s: %w", name, err)
		}
		file := os.NewFile(uintptr(fd), name)
		defer func() { _ = file.Close() }()
		return c.file(file, name)
	}
	if len(c.leftOut) < mostLeftOut {
		c.leftOut = append(c.leftOut, name)
	}
	return nil
}

// file copies one file. Of its mode only the rights of the owner to execute stay.
func (c *copier) file(from *os.File, name string) (err error) {
	info, err := from.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return errors.Join(fmt.Errorf("%s is no regular file any more", name), err)
	}
	tooLarge := limitError(fmt.Sprintf("its files are larger than %d bytes together", c.limits.HandedBytes))
	if info.Size() > c.bytes {
		return tooLarge
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	to, err := c.to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	n, err := io.Copy(to, io.LimitReader(from, c.bytes+1))
	if c.bytes -= n; err == nil && c.bytes < 0 {
		return tooLarge
	}
	c.files = append(c.files, name)
	return err
}

// clear removes what was copied.
func (c *copier) clear() error {
	dir, err := c.to.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	for _, name := range names {
		err = errors.Join(err, c.to.RemoveAll(name))
	}
	return err
}

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
	if work, err = os.MkdirTemp("", "forkproof-run-"); err != nil {
		return "", nil, fmt.Errorf("make a directory to work in: %w", err)
	}
	remove = func() error { return os.RemoveAll(work) }
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	c, err := newCopier(work, limits)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = c.to.Close() }()
	if err := c.directory(int(from.Fd()), ".", 0); err != nil {
		return "", nil, &CommandError{fmt.Errorf("copy %s: %w", dir, err)}
	}
	uid, gid, changes := sandbox.UserFor(dir)
	if !changes {
		return work, remove, nil
	}
	err = filepath.WalkDir(work, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, uid, gid))
	})
	return work, remove, err
}
