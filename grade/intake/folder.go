package intake

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// copyFolder copies the files and folders of a submission that is a folder.
func (s Submission) copyFolder(t *target) error {
	from, err := os.OpenRoot(s.Path)
	if err != nil {
		return s.unreadable(err)
	}
	defer func() { _ = from.Close() }()
	return s.copyFrom(from, ".", t)
}

// copyFrom copies what is in one folder.
func (s Submission) copyFrom(from *os.Root, dir string, t *target) error {
	open, err := from.Open(dir)
	if err != nil {
		return s.unreadable(err)
	}
	defer func() { _ = open.Close() }()
	for {
		const part = 100
		names, err := open.Readdirnames(part)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return s.unreadable(err)
		}
		slices.Sort(names)
		for _, name := range names {
			if err := s.copyEntry(from, filepath.Join(dir, name), t); err != nil {
				return err
			}
		}
	}
}

func (s Submission) copyEntry(from *os.Root, name string, t *target) error {
	if err := t.count(); err != nil {
		return err
	}
	if _, err := local(name); err != nil {
		return err
	}
	info, err := from.Lstat(name)
	switch {
	case err != nil:
		return s.unreadable(err)
	case info.IsDir():
		if err := t.folder(name); err != nil {
			return err
		}
		return s.copyFrom(from, name, t)
	case !info.Mode().IsRegular():
		t.leave(name)
		return nil
	case info.Size() > t.mostBytes:
		return refuse("its files are larger than %d MiB together", t.mostBytes>>20)
	}
	file, err := from.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return s.unreadable(err)
	}
	defer func() { _ = file.Close() }()
	if now, err := file.Stat(); err != nil || !os.SameFile(info, now) {
		return fmt.Errorf("the submission %s changes while forkproof reads it: stop what writes to it, and run the same command again", quoted(s.Path))
	}
	return t.file(name, info.Mode()&0o100 != 0, file)
}

func (s Submission) unreadable(err error) error {
	var refused *fs.PathError
	if errors.As(err, &refused) {
		return fmt.Errorf("read %s of the submission %s: %w", quoted(refused.Path), quoted(s.Path), refused.Err)
	}
	return fmt.Errorf("read the submission %s: %w", quoted(s.Path), err)
}

// wrongEntry returns the error of an entry that cannot be made. Two entries that exclude
// each other, and names that are too long, are the submission's fault.
func wrongEntry(name string, err error) error {
	for _, fault := range []error{unix.EEXIST, unix.ENOTDIR, unix.EISDIR, unix.ENAMETOOLONG} {
		if errors.Is(err, fault) {
			return refuse("the entry %s cannot be made: %v", quoted(name), fault)
		}
	}
	return fmt.Errorf("copy a submission: %w", err)
}

// hash returns a hash of the paths, modes and contents of the files below a folder; empty
// if there are none.
func hash(dir string) (string, error) {
	sum := sha256.New()
	files := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		_ = binary.Write(sum, binary.BigEndian, []int64{int64(len(name)), info.Size(), int64(info.Mode() & 0o100)}) // never fails
		_, _ = io.WriteString(sum, name)
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		_, err = io.Copy(sum, file)
		return err
	})
	if err != nil || files == 0 {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
