package formats

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/forkproof/forkproof/report/reporttest"
)

func TestWriteFiles(t *testing.T) {
	for _, format := range formats {
		name, write := format.Name, format.WriteFile
		path := filepath.Join(t.TempDir(), "result."+name)
		for range 2 { // the second time it replaces the first
			if err := write(path, reporttest.Result(t)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(string(got), "\n") || len(got) < 1000 {
			t.Errorf("%s holds %d bytes and does not end as it should", path, len(got))
		}
		alone(t, path)
	}
}

func TestReplaceFileKeepsPermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "result.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := formats[0].WriteFile(path, reporttest.Result(t)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("mode is %v after writing, want -rw-------", info.Mode())
	}
}

func TestFailedWriteKeepsTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "result.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	err = file.Replace(func(w io.Writer) error {
		_, _ = io.WriteString(w, "half of the n")
		return syscall.ENOSPC
	})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names the path and ENOSPC", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Errorf("the old file holds %q (%v), want it untouched", got, err)
	}
	alone(t, path)
}

func TestPathsThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	file, link, fifo := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "fifo")
	if err := errors.Join(os.WriteFile(file, []byte("kept"), 0o600), os.Symlink(file, link), syscall.Mkfifo(fifo, 0o600)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		link:                           "symbolic link",
		fifo:                           "not a regular file",
		dir:                            "folder",
		filepath.Join(dir, "no", "x"):  syscall.ENOENT.Error(),
		filepath.Join(file, "x"):       syscall.ENOTDIR.Error(),
		filepath.Join(dir, longName()): syscall.ENAMETOOLONG.Error(),
		"":                             "no path",
	} {
		_, refused := OpenFile(path)
		for name, err := range map[string]error{"OpenFile": refused, "WriteFile": formats[0].WriteFile(path, reporttest.Result(t))} {
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s(%s): %v; want an error that names the path and says %q", name, path, err, want)
			}
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "kept" {
		t.Errorf("what the link points to holds %q (%v), want it untouched", got, err)
	}
}

func longName() string { return strings.Repeat("n", 300) }

// A server that is judged in the folder of the result can put a link in its place.
func TestReplacedFolder(t *testing.T) {
	dir := t.TempDir()
	folder, moved, other := filepath.Join(dir, "out"), filepath.Join(dir, "moved"), filepath.Join(dir, "other")
	if err := errors.Join(os.Mkdir(folder, 0o755), os.Mkdir(other, 0o755)); err != nil {
		t.Fatal(err)
	}
	file, err := OpenFile(filepath.Join(folder, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Rename(folder, moved), os.Symlink(other, folder)); err != nil {
		t.Fatal(err)
	}
	if err := formats[0].WriteTo(file, reporttest.Result(t)); err == nil || !strings.Contains(err.Error(), "was replaced") {
		t.Errorf("%v, want an error that says that the folder was replaced", err)
	}
	if left, err := os.ReadDir(other); err != nil || len(left) > 0 {
		t.Errorf("the link led %v there (%v)", left, err)
	}
	alone(t, filepath.Join(moved, "result.json"))
}

func TestOpenFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	file, err := OpenFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left %v (%v), want an empty folder", left, err)
	}
}

// alone checks that nothing but path is in its folder.
func alone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("the folder of %s holds %v (%v), want that file alone", path, entries, err)
	}
}
