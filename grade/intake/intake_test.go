package intake

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// An entry is one of an archive.
type entry struct {
	name, text string
	mode       fs.FileMode
}

func zipped(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(e.mode)
		to, err := w.CreateHeader(h)
		if err == nil {
			_, err = to.Write([]byte(e.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarred(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	zipper := gzip.NewWriter(&b)
	w := tar.NewWriter(zipper)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: int64(e.mode.Perm()), Size: int64(len(e.text)), Typeflag: tar.TypeReg}
		switch {
		case e.mode.IsDir():
			h.Typeflag, h.Size = tar.TypeDir, 0
		case e.mode&fs.ModeSymlink != 0:
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, e.text, 0
		case e.mode&fs.ModeDevice != 0:
			h.Typeflag, h.Size = tar.TypeChar, 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(e.text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), zipper.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// unpack writes an archive and unpacks it.
func unpack(t *testing.T, name string, data []byte) (Copy, error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	list, _, err := Find([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	c, err := list[0].unpack(filepath.Join(dir, "into"), 4<<20)
	if outside, _ := filepath.Glob(filepath.Join(dir, "*")); len(outside) > 2 {
		t.Errorf("it wrote to %q", outside)
	}
	return c, err
}

// files returns the paths of the files below a folder, with * for what is executable.
func files(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		name, _ := filepath.Rel(dir, path)
		if info.Mode()&0o100 != 0 {
			name += "*"
		}
		list = append(list, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestArchives(t *testing.T) {
	entries := []entry{{"server.c", "int main;", 0o644}, {"sub/run.sh", "#!", 0o755}, {"link", "/etc/passwd", fs.ModeSymlink | 0o777}}
	var hashes []string
	for name, data := range map[string][]byte{
		"a.zip": zipped(t, entries...), "a.tar.gz": tarred(t, entries...), "A.TGZ": tarred(t, entries...),
		"b.zip": zipped(t, entry{"hw2/server.c", "int main;", 0o644}, entry{"hw2/sub/run.sh", "#!", 0o755}, entry{"__MACOSX/x", "", 0o644}),
	} {
		c, err := unpack(t, name, data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := files(t, c.Dir); !slices.Equal(got, []string{"server.c", "sub/run.sh*"}) {
			t.Errorf("%s has %q", name, got)
		}
		if name != "b.zip" && !slices.Equal(c.LeftOut, []string{"link"}) {
			t.Errorf("%s: left out %q", name, c.LeftOut)
		}
		hashes = append(hashes, c.SHA256)
	}
	slices.Sort(hashes)
	if hashes = slices.Compact(hashes); len(hashes) != 1 {
		t.Errorf("the same files have hashes %q", hashes)
	}
}

func TestRefused(t *testing.T) {
	many := make([]entry, mostEntries+1)
	for i := range many {
		many[i] = entry{fmt.Sprintf("f%d", i), "", 0o644}
	}
	bomb := strings.Repeat("\x00", 4<<20+1)
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"up.tar.gz", tarred(t, entry{"../../etc/cron.d/x", "x", 0o644}), `the entry "../../etc/cron.d/x" leads out of the submission`},
		{"root.tar.gz", tarred(t, entry{"/etc/x", "x", 0o644}), `the entry "/etc/x" leads out of the submission`},
		{"up.zip", zipped(t, entry{`..\..\x`, "x", 0o644}), `leads out of the submission`},
		{"inner.zip", zipped(t, entry{"a/../../x", "x", 0o644}), `leads out of the submission`},
		{"through.tar.gz", tarred(t, entry{"d", "/tmp", fs.ModeSymlink}, entry{"x", "x", 0o644}, entry{"x/y", "y", 0o644}), `the entry "x" cannot be made`},
		{"bomb.zip", zipped(t, entry{"zeros", bomb, 0o644}), "its files are larger than 4 MiB together"},
		{"bomb.tar.gz", tarred(t, entry{"zeros", bomb, 0o644}), "its files are larger than 4 MiB together"},
		{"many.zip", zipped(t, many...), "it has more than 2000 files and folders"},
		{"deep.zip", zipped(t, entry{strings.Repeat("d/", 40) + "x", "x", 0o644}), "folders lie in each other more than 32 deep"},
		{"long.zip", zipped(t, entry{strings.Repeat("n", 300), "x", 0o644}), "cannot be made: file name too long"},
		{"path.zip", zipped(t, entry{strings.Repeat("nnnnn/", 200) + "x", "x", 0o644}), "an entry has a path of"},
		{"none.zip", zipped(t), "it has no files"},
		{"links.tar.gz", tarred(t, entry{"a", "b", fs.ModeSymlink}, entry{"dev", "", fs.ModeDevice}), "it has no files"},
		{"text.zip", []byte("hello"), "it is no valid zip archive"},
		{"text.tar.gz", []byte("hello"), "it is no valid tar.gz archive"},
		{"cut.tar.gz", tarred(t, entry{"a", strings.Repeat("abc", 1000), 0o644})[:40], "it is no valid tar.gz archive"},
	} {
		_, err := unpack(t, test.name, test.data)
		var refused *RefusedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	alice := filepath.Join(dir, "alice")
	if err := errors.Join(
		os.MkdirAll(filepath.Join(alice, "src"), 0o755), os.WriteFile(filepath.Join(alice, "src/s.c"), []byte("x"), 0o600),
		os.WriteFile(filepath.Join(dir, "secret"), []byte("told"), 0o644), os.Symlink("../secret", filepath.Join(alice, "key")),
		unix.Mkfifo(filepath.Join(alice, "pipe"), 0o644), os.Symlink("alice", filepath.Join(dir, "eve")),
		os.Mkdir(filepath.Join(dir, "bo\nb"), 0o755), os.Mkdir(filepath.Join(dir, ".git"), 0o755), os.Mkdir(filepath.Join(dir, "x.zip"), 0o755),
	); err != nil {
		t.Fatal(err)
	}
	list, ignored, err := Find([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for i, s := range list {
		c, err := s.Unpack(filepath.Join(t.TempDir(), fmt.Sprint(i)))
		if err == nil {
			got[s.Name] = strings.Join(files(t, c.Dir), " ") + "; left out " + strings.Join(c.LeftOut, " ")
		} else {
			got[s.Name] = err.Error()
		}
	}
	want := map[string]string{
		"alice": "src/s.c; left out key pipe", "eve": "it is a symbolic link", "bo\nb": "it has no files", "x.zip": "it is a folder with the name of an archive",
	}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%q: %q, want %q", name, got[name], text)
		}
	}
	if len(got) != len(want) || !slices.Equal(ignored, []string{filepath.Join(dir, "secret")}) {
		t.Errorf("found %q, ignored %q", got, ignored)
	}
}

func TestFindErrors(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "a"), 0o755), os.WriteFile(filepath.Join(dir, "a.zip"), zipped(t), 0o644), os.Mkdir(filepath.Join(dir, "empty"), 0o755)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none"):  "no such file or directory",
		filepath.Join(dir, "empty"): "no submission in",
		"/dev/null":                 "it is neither a folder nor an archive",
		dir:                         "are both the submission",
	} {
		if _, _, err := Find([]string{path}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
