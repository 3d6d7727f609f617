// Package testproc starts the processes on which the tests of package faults and
// its parts try faults.
package testproc

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

//go:embed testdata/*.c
var sources embed.FS

// Main runs the tests of a package and removes the programs that they built.
func Main(m *testing.M) {
	code := m.Run()
	if buildDir != "" {
		_ = os.RemoveAll(buildDir)
	}
	os.Exit(code)
}

var (
	building sync.Mutex
	buildDir string
	built    = map[string]string{}
)

// Build returns the path of the C program testdata/NAME.c. It skips the test
// where there is no compiler.
func Build(t *testing.T, name string, flags ...string) string {
	t.Helper()
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skipf("the test needs a C program, and there is no compiler: %v", err)
	}
	path, err := build(name, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// build builds each program once.
func build(name string, flags ...string) (string, error) {
	building.Lock()
	defer building.Unlock()
	binary := name + strings.Join(flags, "")
	if path, found := built[binary]; found {
		return path, nil
	}
	if buildDir == "" {
		dir, err := os.MkdirTemp("", "forkproof-test")
		if err != nil {
			return "", err
		}
		buildDir = dir
		if err := os.Chmod(dir, 0o711); err != nil { // tests run programs as other users, too
			return "", err
		}
	}
	code, err := sources.ReadFile("testdata/" + name + ".c")
	if err != nil {
		return "", err
	}
	path := filepath.Join(buildDir, binary)
	cc := exec.Command("cc", append([]string{"-O1", "-Wall", "-Wextra", "-pthread", "-o", path, "-x", "c", "-"}, flags...)...)
	cc.Stdin = strings.NewReader(string(code))
	if output, err := cc.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cc %s.c: %w\n%s", name, err, output)
	}
	built[binary] = path
	return path, nil
}
