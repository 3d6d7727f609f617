package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/report"
)

const (
	// momentsVariable has TestPartialResult interrupt 20 checks instead of 3.
	momentsVariable = "FORKPROOF_TEST_MOMENTS"
	// panicVariable names the file at whose appearance a goroutine of forkproof panics.
	panicVariable = "FORKPROOF_TEST_PANIC"
)

// panicWhenAsked has this program, as forkproof, panic in a goroutine when a test says so.
func panicWhenAsked() {
	path := os.Getenv(panicVariable)
	if path == "" {
		return
	}
	crash.Go(func() {
		for {
			if _, err := os.Stat(path); err == nil {
				panic("as a test asked")
			}
			<-time.After(time.Millisecond)
		}
	})
}

// A cutting ends a check early; code is the exit status that forkproof ends with.
type cutting struct {
	name  string
	flags func(after time.Duration) []string
	cut   func(t *testing.T, pid int, panicFile string)
	code  int // 0: the result's
}

func cuttings() []cutting {
	none := func(time.Duration) []string { return nil }
	signal := func(s syscall.Signal) cutting {
		return cutting{unix.SignalName(s), none, func(_ *testing.T, pid int, _ string) { _ = unix.Kill(pid, s) }, exitInterrupted}
	}
	return []cutting{
		signal(unix.SIGINT),
		{"--time-limit", func(after time.Duration) []string { return []string{"--time-limit", after.String()} }, nil, 0},
		{"a panic", none, func(t *testing.T, _ int, panicFile string) {
			if err := os.WriteFile(panicFile, nil, 0o600); err != nil {
				t.Error(err)
			}
		}, exitNotJudged},
		signal(unix.SIGTERM),
		signal(unix.SIGQUIT),
		signal(unix.SIGABRT),
	}
}

// TestPartialResult ends checks at random moments: the result file holds all that was
// judged until then, with the verdicts of a whole check, and nothing is left running.
func TestPartialResult(t *testing.T) {
	moments := 3
	if os.Getenv(momentsVariable) != "" {
		moments = 20
	} else if testing.Short() {
		t.Skip("runs a whole check")
	}
	begin := time.Now()
	cmd, output, path := startPartial(t)
	_ = cmd.Wait()
	took := time.Since(begin)
	whole := readResult(t, path)
	if whole.Summary[report.NotRun] > 0 || whole.Verdict != report.Conformant {
		t.Fatalf("the whole check: %s", output)
	}
	source := rand.New(rand.NewPCG(5, 6))
	for i := range moments {
		c := cuttings()[i%len(cuttings())]
		after := time.Duration((0.05 + 0.9*source.Float64()) * float64(took)).Round(time.Millisecond)
		t.Run(fmt.Sprintf("%s after %v", c.name, after), func(t *testing.T) { testPartial(t, c, after, whole) })
	}
}

func testPartial(t *testing.T, c cutting, after time.Duration, whole report.Result) {
	panicFile := filepath.Join(t.TempDir(), "panic")
	t.Setenv(panicVariable, panicFile)
	cmd, output, path := startPartial(t, c.flags(after)...)
	output.await(t, 1)
	if c.cut != nil {
		<-time.After(after)
		c.cut(t, cmd.Process.Pid, panicFile)
	}
	_ = cmd.Wait()
	part := readResult(t, path)
	over := part.Summary[report.NotRun] == 0
	if code, want := cmd.ProcessState.ExitCode(), c.code; code != want && code != part.ExitCode() || !over && code == 0 {
		t.Errorf("%v, want exit status %d\n%s", cmd.ProcessState, want, output)
	}
	judged := 0
	for _, q := range part.Requirements {
		switch want := whole.Of(q.ID).Verdict; {
		case q.Verdict == report.NotRun && !strings.HasPrefix(q.Found, "not reached"):
			t.Errorf("%s was not run: %s", q.ID, q.Found)
		case q.Verdict == report.NotRun:
		case q.Verdict != want:
			t.Errorf("%s: %s, in a whole check %s", q.ID, q.Verdict, want)
		default:
			judged++
		}
	}
	if told := len(verdictLine.FindAllString(output.String(), -1)); told > judged {
		t.Errorf("%d verdicts were told, and %d are in the result", told, judged)
	}
	if left := marked(t, cmd); len(left) > 0 {
		t.Errorf("left running: %v", left)
	}
}

// verdictLine is the line of a verdict in a verbose text.
var verdictLine = regexp.MustCompile(`(?m)^  \S (pass|fail|advice|n/a|error) `)

// startPartial starts a check that tells every verdict as it comes and writes the result
// to the file that it returns.
func startPartial(t *testing.T, flags ...string) (cmd *exec.Cmd, output *lines, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "result.json")
	cmd, output = startCheck(t, append([]string{"--verbose", "--seed", "7", "--json", path}, flags...)...)
	return cmd, output, path
}

func readResult(t *testing.T, path string) report.Result {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r report.Result
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return r
}
