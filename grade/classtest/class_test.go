package classtest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/internal/testbinary"
	"github.com/forkproof/forkproof/targets/catalog"
)

// inFull has a class graded in 2 and in 60 shards, and killed ten times: make class.
var inFull = os.Getenv("FORKPROOF_TEST_CLASS") != ""

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	testbinary.Remove()
	os.Exit(code)
}

// rubricText judges by few requirements: what is tested here is grading. A submission is
// built by its build.sh, if it has one.
const rubricText = `rubric: v1
title: Test
command: ./server {port}
build: if [ -f build.sh ]; then sh build.sh; fi
points: {echo/exact: 3, concurrency/second-client: 3, reaping/five-at-once: 5, descriptors/parent-closes-connection: 5}
limits: {build-time: 8s, time: 60s, start: 5s}
`

// built are built-in servers that are submitted as programs, hostile ones as well, and
// what they earn by rubricText.
var built = map[string]string{
	"reference": "16", "reap-once": "11", "parent-keeps-connection": "11", "never-listens": "0", "exits-at-once": "0",
	"read-other-submissions": "", "kill-everyone": "", "fork-bomb": "0", "output-flood": "",
}

// A member is a submission that is no built-in server: how it is made, and the status,
// result and remark that it gets.
var members = map[string]struct {
	make func(path string) error
	want string
}{
	"empty":        {func(p string) error { return os.Mkdir(p, 0o755) }, "refused: it has no files"},
	"broken-build": {script("echo error: expected ';'; exit 2"), "not-built: the build failed"},
	"hangs":        {script("sleep 1000"), "not-built: the build was stopped: it did not end within 8s"},
	"build-bomb":   {script(`f() { f | f & }; f; sleep 100`), "not-built: the build was stopped: it made more than 64 processes"},
	"snoops":       {script(snoops), "not-built: the build failed: exit status 3"},
	"no-program":   {script("true"), `not-started: no such file "./server"`},
	"new\nline":    {script("true"), `not-started: no such file "./server"`},
	"=1+1":         {script("true"), `not-started: no such file "./server"`},
	"bomb.zip":     {bomb, "refused: its files are larger than"},
	"up.tar.gz":    {escaping, `refused: the entry "../../../tmp/forkproof-escaped" leads out of the submission`},
	"linked":       {func(p string) error { return os.Symlink("/etc", p) }, "refused: it is a symbolic link"},
	"no.zip":       {func(p string) error { return os.WriteFile(p, []byte("text"), 0o644) }, "refused: it is no valid zip archive"},
}

// snoops is a build that looks for what it must not see, the rubric, other submissions
// and results, and that writes beside itself. It ends with 3 when it finds itself alone.
const snoops = `for d in .. ../.. ../../..; do echo x >$d/forkproof-meddled; done 2>/dev/null
find / \( -path /proc -o -path /sys -o -path /usr \) -prune -o \( -name r.yaml -o -name submission.json -o -name gradebook.csv -o -name 'server-*' -o -name build.sh \) -print 2>/dev/null >found
grep -q build.sh found || exit 9
grep -v build.sh found && exit 7
exit 3`

// script makes a submission with a build script.
func script(text string) func(string) error {
	return func(path string) error {
		return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "build.sh"), []byte(text+"\n"), 0o644))
	}
}

// bomb makes a small archive of much more than a submission may have.
func bomb(path string) error {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	to, err := w.Create("zeros")
	for range 200 {
		if err == nil {
			_, err = to.Write(zeros)
		}
	}
	return errors.Join(err, w.Close(), os.WriteFile(path, b.Bytes(), 0o644))
}

// escaping makes an archive with an entry outside of it.
func escaping(path string) error {
	var b bytes.Buffer
	zipper := gzip.NewWriter(&b)
	w := tar.NewWriter(zipper)
	err := w.WriteHeader(&tar.Header{Name: "../../../tmp/forkproof-escaped", Mode: 0o644, Size: 1, Typeflag: tar.TypeReg})
	if err == nil {
		_, err = w.Write([]byte("x"))
	}
	return errors.Join(err, w.Close(), zipper.Close(), os.WriteFile(path, b.Bytes(), 0o644))
}

// program returns the program of a built-in server.
func program(t testing.TB, name string) []byte {
	t.Helper()
	command, err := commandOf(t, name)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(command)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func commandOf(t testing.TB, name string) (string, error) {
	t.Helper()
	hostile, err := catalog.Hostiles()
	if err != nil {
		return "", err
	}
	for _, s := range hostile {
		if s.Name == name {
			c, err := s.Command(t.Context())
			return c.Args[0], err
		}
	}
	c, err := catalog.Command(t.Context(), name)
	if err != nil {
		return "", err
	}
	return c.Args[0], nil
}

// submit puts a built-in server into a class, as a folder.
func submit(t testing.TB, class, name, server string) {
	t.Helper()
	dir := filepath.Join(class, name)
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "server"), program(t, server), 0o755)); err != nil {
		t.Fatal(err)
	}
}

// newClass returns the folder of a class with every built-in server and member.
func newClass(t testing.TB) string {
	t.Helper()
	class := filepath.Join(t.TempDir(), "class")
	if err := os.MkdirAll(class, 0o755); err != nil {
		t.Fatal(err)
	}
	for name := range built {
		submit(t, class, "server-"+name, name)
	}
	for name, m := range members {
		if err := m.make(filepath.Join(class, name)); err != nil {
			t.Fatal(err)
		}
	}
	return class
}

// write writes a rubric in a fresh folder and returns its path.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "r.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// gradebook returns the gradebook in a folder of results.
func gradebook(t testing.TB, results string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(results, "gradebook.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// row returns the cells of a submission in a gradebook.
func row(t testing.TB, book, name string) string {
	t.Helper()
	for line := range strings.Lines(book) {
		if strings.HasPrefix(line, name+",") {
			return line
		}
	}
	t.Errorf("%q has no row in\n%s", name, book)
	return fmt.Sprintf("no row of %s", name)
}
