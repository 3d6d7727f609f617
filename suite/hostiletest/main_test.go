package hostiletest

import (
	"fmt"
	"os"
	"testing"

	"github.com/forkproof/forkproof/internal/undertest"
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
		code := m.Run()
		undertest.Remove()
		os.Exit(code)
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
