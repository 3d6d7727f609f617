package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/forkproof/forkproof/targets/catalog"
	"github.com/forkproof/forkproof/targets/sandbox"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"forkproof": func() {
			panicWhenAsked()
			os.Exit(run(os.Args[1:]))
		},
	})
}

// TestScripts runs the scripts in testdata/script.
func TestScripts(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Condition: func(name string) (bool, error) {
			if name != "bomb" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return len(sandbox.Probe().Bounds) > 0, nil
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("FORKPROOF_CACHE", filepath.Join(cache, "forkproof"))
			env.Setenv("NO_COLOR", "1")
			env.Setenv("LANG", "C.UTF-8")
			// The folder of this program, for scripts that set PATH.
			env.Setenv("BIN", filepath.SplitList(env.Getenv("PATH"))[0])
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"server": server,
			"taken":  taken,
		},
	})
}

// status runs a command and checks its exit status: status 2 forkproof check …
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("%s ended with status %d, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// taken listens on a port as another program would, and sets $PORT.
func taken(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: taken")
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	ts.Setenv("PORT", strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
}

// server copies a built-in server to the work directory: server reference ./ref
func server(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: server NAME FILE")
	}
	command, err := catalog.Command(context.Background(), args[0])
	ts.Check(err)
	data, err := os.ReadFile(command.Args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o755))
}
