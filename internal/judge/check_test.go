package judge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/report"
)

// modeVariable makes this program stand in for forkproof, in the mode that it names.
const modeVariable = "FORKPROOF_TEST_JUDGE"

func TestMain(m *testing.M) {
	if mode := os.Getenv(modeVariable); mode != "" {
		os.Exit(standIn(mode))
	}
	os.Exit(m.Run())
}

// standIn behaves as forkproof check does, or as it never should.
func standIn(mode string) int {
	switch mode {
	case "conformant":
		return write(report.Pass)
	case "nonconformant":
		return write(report.Fail)
	case "not-judged":
		return write(report.Error)
	case "usage":
		fmt.Fprintln(os.Stderr, "forkproof: unknown flag: --nonsense")
		return 2
	case "cannot":
		fmt.Fprintln(os.Stderr, "one line\nforkproof: the isolation uid cannot be had: \x1b[2J")
		return 3
	case "killed":
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	case "half":
		fmt.Print(`{"schema": "forkproof/res`)
		return 3
	case "two":
		write(report.Pass)
		return write(report.Pass)
	case "schema":
		fmt.Print(`{"schema": "forkproof/result/v9"}`)
	case "disagrees":
		write(report.Pass)
		fmt.Fprintln(os.Stderr, "forkproof: write r.xml: no space left on device")
		return 3
	case "floods":
		_, _ = os.Stderr.WriteString(strings.Repeat("é", 3*maxMessages) + "\nforkproof: the end\n")
		return 3
	case "endless result":
		_, _ = os.Stdout.Write(bytes.Repeat([]byte(" "), maxResult+1))
	case "hangs":
		fmt.Fprintln(os.Stderr, "forkproof: hangs")
		_ = unix.Pause()
	case "echo":
		fmt.Fprintf(os.Stderr, "%q in %s with %s", os.Args[1:], must(os.Getwd()), os.Getenv("COLOUR"))
		return write(report.Pass)
	case "works":
		for begin := time.Now(); time.Since(begin) < 60*time.Millisecond; {
			continue
		}
		return write(report.Pass)
	}
	return 0
}

// write writes a result of one requirement and returns its exit status.
func write(v report.Verdict) int {
	r := report.Result{Schema: report.Schema, Requirements: []report.Requirement{{ID: "echo/exact", Verdict: v}}}
	r.Summarise()
	if err := report.WriteJSON(os.Stdout, r); err != nil {
		panic(err)
	}
	return r.ExitCode()
}

func must(text string, err error) string {
	if err != nil {
		panic(err)
	}
	return text
}

// checkIn is a check by the stand-in in a mode.
func checkIn(mode string) Check {
	return Check{Forkproof: "/proc/self/exe", Env: append(os.Environ(), modeVariable+"="+mode, "COLOUR=blue", "GORACE=atexit_sleep_ms=0")}
}

func TestVerdicts(t *testing.T) {
	for mode, want := range map[string]int{"conformant": 0, "nonconformant": 1, "not-judged": 3} {
		o, err := checkIn(mode).Run(t.Context())
		if err != nil || o.ExitCode != want || string(o.Result.Verdict) != mode || o.Took <= 0 {
			t.Errorf("%s: %d %q %v", mode, o.ExitCode, o.Result.Verdict, err)
		}
		if !bytes.Contains(o.Stdout, []byte(mode)) {
			t.Errorf("%s: the result as it was written is missing", mode)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		mode string
		code int
		want string
	}{
		{"usage", 2, "forkproof check ended with exit status 2 and no result: unknown flag: --nonsense"},
		{"cannot", 3, `forkproof check ended with exit status 3 and no result: the isolation uid cannot be had: \x1b[2J`},
		{"killed", -1, "forkproof check ended with signal: killed and no result"},
		{"half", 3, "forkproof check ended with exit status 3 and wrote no valid result: unexpected EOF"},
		{"two", 0, "forkproof check ended with exit status 0 and wrote more than its result"},
		{"schema", 0, `forkproof check wrote a result of schema "forkproof/result/v9" instead of "forkproof/result/v1"`},
		{"disagrees", 3, "forkproof check ended with exit status 3, but its result says conformant: write r.xml: no space left on device"},
		{"floods", 3, "forkproof check ended with exit status 3 and no result: the end"},
		{"endless result", 0, "forkproof check wrote more than 16 MiB"},
	} {
		o, err := checkIn(test.mode).Run(t.Context())
		if err == nil || err.Error() != test.want || o.ExitCode != test.code {
			t.Errorf("%s: %d %v, want %d %s", test.mode, o.ExitCode, err, test.code, test.want)
		}
		if len(o.Stderr) > maxMessages || len(o.Stdout) > maxResult {
			t.Errorf("%s: %d bytes of messages and %d of results are kept", test.mode, len(o.Stderr), len(o.Stdout))
		}
	}
}

func TestNotStarted(t *testing.T) {
	o, err := Check{Forkproof: "/nowhere/forkproof"}.Run(t.Context())
	if !errors.Is(err, unix.ENOENT) || o.ExitCode != -1 {
		t.Errorf("%d %v, want ENOENT", o.ExitCode, err)
	}
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errors.New("the time limit is reached"))
	defer cancel()
	o, err := checkIn("hangs").Run(ctx)
	if o.Ended != "signal: terminated" || !strings.HasPrefix(fmt.Sprint(err), "forkproof check was stopped after ") ||
		!strings.HasSuffix(fmt.Sprint(err), ": the time limit is reached") {
		t.Errorf("%s, %v", o.Ended, err)
	}
}

// TestArguments checks the argument vector, the working directory and the
// environment, also behind a launcher.
func TestArguments(t *testing.T) {
	c := checkIn("echo")
	c.Flags, c.Command, c.Dir = []string{"--only", "echo"}, []string{"./server", "{port}"}, "/"
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.Forkproof = self
	want := `["check" "--json" "-" "--only" "echo" "--" "./server" "{port}"] in / with blue`
	for _, launcher := range [][]string{nil, {"env", "FORKPROOF_TEST_OTHER=1"}} {
		c.Launcher = launcher
		if o, err := c.Run(t.Context()); err != nil || o.Stderr != want {
			t.Errorf("behind %q: %s %v, want %s", launcher, o.Stderr, err, want)
		}
	}
	c.Command, c.Flags = nil, []string{"--target", "reference"}
	want = `["check" "--json" "-" "--target" "reference"] in / with blue`
	if o, err := c.Run(t.Context()); err != nil || o.Stderr != want {
		t.Errorf("%s %v, want %s", o.Stderr, err, want)
	}
}

func TestProcessorTime(t *testing.T) {
	o, err := checkIn("works").Run(t.Context())
	if err != nil || o.OwnProcessorTime < 10*time.Millisecond || o.ProcessorTime < 10*time.Millisecond {
		t.Errorf("own %v, all %v, %v", o.OwnProcessorTime, o.ProcessorTime, err)
	}
}
