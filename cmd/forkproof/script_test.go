package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/internal/testbinary"
	"github.com/forkproof/forkproof/targets/catalog"
	"github.com/forkproof/forkproof/targets/sandbox"
)

func TestMain(m *testing.M) {
	testscript.Main(cleaned{m}, map[string]func(){
		"forkproof": func() {
			panicWhenAsked()
			os.Exit(run(os.Args[1:]))
		},
	})
}

// cleaned removes what the tests have built.
type cleaned struct{ *testing.M }

func (c cleaned) Run() int {
	defer testbinary.Remove()
	return c.M.Run()
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
			switch name {
			case "bomb":
				return len(sandbox.Probe().Bounds) > 0, nil
			case "user-namespaces":
				return exec.Command("unshare", "--user", "--map-root-user", "setpriv", "--bounding-set=-all", "true").Run() == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
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
			"status":  status,
			"server":  server,
			"taken":   taken,
			"port":    port,
			"talk":    talk,
			"shipped": shipped,
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

// shipped has the script run forkproof as it is shipped, without the race detector, which makes
// a check take more than twice as long: for scripts that judge for long, in ways that others
// judge in, too.
func shipped(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: shipped")
	}
	forkproof, err := testbinary.Forkproof()
	ts.Check(err)
	ts.Setenv("BIN", filepath.Dir(forkproof))
	ts.Setenv("PATH", filepath.Dir(forkproof)+string(filepath.ListSeparator)+ts.Getenv("PATH"))
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

// port sets $PORT to a port that is free now.
func port(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: port")
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("PORT", strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	ts.Check(listener.Close())
}

// talk connects to a port of this machine as soon as something listens there, sends each
// text after the end of the reply to the one before, and leaves: talk PORT SEND END …
// Texts have escapes as in Go; an empty SEND is a greeting, and an empty END the end of
// the connection.
func talk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args)%2 == 0 {
		ts.Fatalf("usage: talk PORT SEND END [SEND END]...")
	}
	var conn net.Conn
	waiting, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ts.Check(poll.Quick.Until(waiting, func() (bool, error) {
		var err error
		conn, err = net.Dial("tcp4", net.JoinHostPort("127.0.0.1", args[0]))
		return err == nil, nil
	}))
	defer func() { _ = conn.Close() }()
	ts.Check(conn.SetDeadline(time.Now().Add(time.Minute)))
	reader := bufio.NewReader(conn)
	for pair := range slices.Chunk(args[1:], 2) {
		send, err := strconv.Unquote(`"` + pair[0] + `"`)
		ts.Check(err)
		end, err := strconv.Unquote(`"` + pair[1] + `"`)
		ts.Check(err)
		_, err = conn.Write([]byte(send))
		ts.Check(err)
		var reply []byte
		for end == "" || !bytes.HasSuffix(reply, []byte(end)) {
			b, err := reader.ReadByte()
			if end == "" && errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				ts.Fatalf("after %q: got %q and no %q: %v", send, reply, end, err)
			}
			reply = append(reply, b)
		}
	}
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
