package hostiletest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// roleVariable says what this program is, when it is not the test.
const roleVariable = "FORKPROOF_HOSTILE_ROLE"

// leaveAtOnce keeps the race detector from sleeping a second before each of
// this program's parts ends: https://go.dev/doc/articles/race_detector.
const leaveAtOnce = "GORACE=atexit_sleep_ms=0"

// The parts that this program plays besides the test.
const (
	roleCage   = "cage"   // process 1 of a cage
	roleBecome = "become" // becomes a persona, and then another program
	roleProbe  = "probe"  // starts one server and prints what it wrote
)

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVariable); role {
	case "":
		os.Exit(test(m))
	case roleCage:
		finish(role, cage())
	case roleBecome:
		finish(role, become())
	case roleProbe:
		finish(role, probe())
	default:
		finish(role, fmt.Errorf("no such role"))
	}
}

func finish(role string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", role, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func test(m *testing.M) int {
	dir, err := os.MkdirTemp("", "hostiletest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	workshop = dir
	return m.Run()
}

// workshop is where programs are built; the test removes it.
var workshop string

// forkproof is the binary under test, built once.
var forkproof = sync.OnceValues(func() (string, error) {
	path := filepath.Join(workshop, "forkproof")
	build := exec.Command("go", "build", "-o", path, "github.com/forkproof/forkproof/cmd/forkproof")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the Makefile builds it
	out, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})
