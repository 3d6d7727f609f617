package observetest

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

//go:embed testdata/sleeper.c testdata/sleeper.h
var sources embed.FS

// dir is where the program is built; Main sets it.
var dir string

// Main runs the tests of a package that calls Start, and removes the program
// that they were built for. It returns the exit status.
func Main(m *testing.M) int {
	var err error
	if dir, err = os.MkdirTemp("", "observe"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return m.Run()
}

var errNoCompiler = errors.New("needs a C compiler, cc, for programs with one thread")

// build compiles sleeper.c and returns the path of the program.
var build = sync.OnceValues(func() (string, error) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		return "", errNoCompiler
	}
	if err := os.CopyFS(dir, sources); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "sleeper")
	out, err := exec.Command(cc, "-O1", "-pthread", "-o", path, filepath.Join(dir, "testdata", "sleeper.c")).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// program returns the path of the program, or skips the test where there is no
// compiler.
func program(t testing.TB) string {
	t.Helper()
	path, err := build()
	if errors.Is(err, errNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
