package targets

import (
	"context"
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
)

// A limitError says that a directory has more in it than may be copied.
type limitError string

func (e limitError) Error() string { return string(e) }

// openLeft opens the directory of a command that has ended: as the command sees it, and
// with the rights of forkproof, which has to read what is in it.
func openLeft(ctx context.Context, box *sandbox.Host, path string) (*os.File, error) {
	seen, err := box.OpenDir(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = seen.Close() }()
	fd, err := openList(int(seen.Fd()))
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// openList opens an open directory anew, for what is in it to be listed and opened.
func openList(fd int) (int, error) {
	return unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
}

// outOfReach says what a command did to its own directory, when opening it afterwards
// fails with err; "" when err is nil or the machine's fault. The command was started in
// the directory, and is the only one to change it: it is an overlay in the command's own
// view of the machine, or a copy made for the command.
func outOfReach(err error) string {
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ELOOP):
		return "it moved its own directory away"
	case denied(err):
		return "it took from its own directory the right to be read"
	}
	return ""
}

// denied says whether a file or directory could not be opened for want of a right.
func denied(err error) bool { return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) }

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
	c.leavesDenied = true
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
	// leavesDenied says that what may not be opened is left out; otherwise it is an error.
	leavesDenied bool
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
	dir, err := openList(fd)
	if err != nil {
		return c.unopened(name, err)
	}
	list := os.NewFile(uintptr(dir), name)
	defer func() { _ = list.Close() }()
	if depth > 0 {
		if err := c.to.Mkdir(name, 0o755); err != nil {
			return err
		}
	}
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
	const flags = unix.O_NOFOLLOW | unix.O_CLOEXEC
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		// O_PATH takes no right to the directory: directory opens what is in it, or cannot.
		fd, err := unix.Openat(at, base, flags|unix.O_PATH|unix.O_DIRECTORY, 0)
		if err != nil {
			return fmt.Errorf("open %s: %w", name, err)
		}
		defer func() { _ = unix.Close(fd) }()
		return c.directory(fd, name, depth+1)
	case unix.S_IFREG:
		fd, err := unix.Openat(at, base, flags|unix.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return c.unopened(name, err)
		}
		file := os.NewFile(uintptr(fd), name)
		defer func() { _ = file.Close() }()
		return c.file(file, name)
	}
	c.leaveOut(name)
	return nil
}

// unopened leaves out what may not be opened, and returns any other error.
func (c *copier) unopened(name string, err error) error {
	if c.leavesDenied && denied(err) {
		c.leaveOut(name)
		return nil
	}
	return fmt.Errorf("open %s: %w", name, err)
}

func (c *copier) leaveOut(name string) {
	if len(c.leftOut) < mostLeftOut {
		c.leftOut = append(c.leftOut, name)
	}
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
