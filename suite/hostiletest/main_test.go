package hostiletest

import (
	"fmt"
	"os"
	"testing"

	"github.com/forkproof/forkproof/internal/testbinary"
)

// roleVariable selects a role of this program other than the test.
const roleVariable = "FORKPROOF_HOSTILE_ROLE"

// leaveAtOnce stops the race detector from sleeping a second before this program
// exits: https://go.dev/doc/articles/race_detector.
const leaveAtOnce = "GORACE=atexit_sleep_ms=0"

// The roles of this program besides the test.
const (
	roleTestbed = "testbed" // process 1 of a testbed
	roleBecome  = "become"  // takes on an account and executes another program
	roleProbe   = "probe"   // starts one server and prints what it wrote
)

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVariable); role {
	case "":
		code := m.Run()
		testbinary.Remove()
		os.Exit(code)
	case roleTestbed:
		finish(role, runTestbed())
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
