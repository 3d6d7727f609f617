package intake

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// A Copy is a submission in a folder of forkproof's own.
type Copy struct {
	// Dir is where its files are: of an archive that has but one folder, that folder.
	Dir string
	// SHA256 is a hash of the paths, modes and contents of its files.
	SHA256 string
	// LeftOut are entries that are neither files nor folders: links, devices, sockets.
	// At most 20 are named.
	LeftOut []string
}

// Unpack copies a submission to a folder, which must not exist. The error is a
// *RefusedError when the submission is at fault, and otherwise the machine's.
func (s Submission) Unpack(into string) (Copy, error) { return s.unpack(into, mostBytes) }

func (s Submission) unpack(into string, mostBytes int64) (Copy, error) {
	if s.link {
		return Copy{}, refuse("it is a symbolic link")
	}
	if err := os.Mkdir(into, 0o755); err != nil {
		return Copy{}, fmt.Errorf("make a folder for a submission: %w", err)
	}
	root, err := os.OpenRoot(into)
	if err != nil {
		return Copy{}, fmt.Errorf("open the folder for a submission: %w", err)
	}
	defer func() { _ = root.Close() }()
	t := &target{root: root, mostBytes: mostBytes}
	dir := into
	switch strings.ToLower(ending(s.Path)) {
	case ".zip":
		err = s.openArchive(t.unzip)
	case ".tar.gz", ".tgz":
		err = s.openArchive(t.untar)
	default:
		err = s.copyFolder(t)
	}
	if info, statErr := os.Stat(s.Path); statErr == nil && !info.IsDir() && err == nil {
		dir, err = only(into)
	}
	if err != nil {
		return Copy{}, err
	}
	c := Copy{Dir: dir, LeftOut: t.leftOut}
	c.SHA256, err = hash(dir)
	if err == nil && c.SHA256 == "" {
		err = refuse("it has no files")
	}
	return c, err
}

// openArchive opens the archive for a function that unpacks it.
func (s Submission) openArchive(unpack func(*os.File, int64) error) error {
	info, err := os.Stat(s.Path)
	if err == nil && info.IsDir() { // a folder named x.zip
		return refuse("it is a folder with the name of an archive")
	}
	file, err := os.OpenFile(s.Path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("open the submission %s: %w", quoted(s.Path), errors.Unwrap(err))
	}
	defer func() { _ = file.Close() }()
	info, err = file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return refuse("it is no regular file")
	case info.Size() > mostArchive:
		return refuse("the archive has %d bytes, more than %d MiB", info.Size(), mostArchive>>20)
	}
	return unpack(file, info.Size())
}

func (t *target) unzip(file *os.File, size int64) error {
	archive, err := zip.NewReader(file, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return broken("zip", err)
	}
	for _, entry := range archive.File {
		if err := t.count(); err != nil {
			return err
		}
		// Some programs for Windows write backslashes.
		name, err := local(strings.ReplaceAll(entry.Name, `\`, "/"))
		if err != nil {
			return err
		}
		switch mode := entry.Mode(); {
		case mode.IsDir() || strings.HasSuffix(entry.Name, "/"):
			err = t.folder(name)
		case !mode.IsRegular():
			t.leave(name)
		default:
			err = t.zipped(name, entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *target) zipped(name string, entry *zip.File) error {
	from, err := entry.Open()
	if err != nil {
		return broken("zip", err)
	}
	defer func() { _ = from.Close() }()
	return t.file(name, entry.Mode()&0o100 != 0, reading{"zip", from})
}

func (t *target) untar(file *os.File, _ int64) error {
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return broken("tar.gz", err)
	}
	// What lies between the files counts, too: a header may claim to be endless.
	archive := tar.NewReader(reading{"tar.gz", io.LimitReader(unzipped, 2*t.mostBytes)})
	for {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken("tar.gz", err)
		}
		if entry.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if err := t.count(); err != nil {
			return err
		}
		name, err := local(entry.Name)
		if err != nil {
			return err
		}
		switch entry.Typeflag {
		case tar.TypeDir:
			err = t.folder(name)
		case tar.TypeReg:
			err = t.file(name, entry.Mode&0o100 != 0, reading{"tar.gz", archive})
		default:
			t.leave(name)
		}
		if err != nil {
			return err
		}
	}
}

// A reading turns an error of an archive into one of the submission.
type reading struct {
	format string
	from   io.Reader
}

func (r reading) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = broken(r.format, err)
	}
	return n, err
}

func broken(format string, err error) error {
	var refused *RefusedError
	var path *fs.PathError
	if errors.As(err, &refused) || errors.As(err, &path) {
		return err // of the file system
	}
	return refuse("it is no valid %s archive: %v", format, err)
}

// only returns the folder of an archive that has nothing else at its top, or dir itself.
func only(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	inner := ""
	for _, e := range entries {
		if e.Name() == "__MACOSX" || strings.HasPrefix(e.Name(), "._") || e.Name() == ".DS_Store" {
			continue
		}
		if inner != "" || !e.IsDir() {
			return dir, nil
		}
		inner = e.Name()
	}
	return filepath.Join(dir, inner), nil
}
