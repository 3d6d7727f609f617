package symbols

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/internal/testbinary"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/stack"
	"github.com/forkproof/forkproof/observe/stack/unwind"
)

// line returns the number of the line of waits.c with a mark.
func line(t *testing.T, mark string) int {
	t.Helper()
	source, err := os.ReadFile("testdata/waits.c")
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(source), "/* line: "+mark+" */")
	if !found {
		t.Fatalf("waits.c has no line with the mark %q", mark)
	}
	return strings.Count(before, "\n") + 1
}

// TestResolve holds what is told of programs that are compiled in different ways.
func TestResolve(t *testing.T) {
	at := func(function, mark string) string { return fmt.Sprintf("%s waits.c:%d", function, line(t, mark)) }
	lines := []string{at("wait_for_child", "wait"), at("finish", "finish"), at("main", "main")}
	handler := []string{at("on_alarm", "handler"), at("main", "raise")}
	for name, c := range map[string]struct {
		flags  string
		parent []string
		child  []string
	}{
		"-O0 -g":                {"-O0 -g", lines, handler},
		"-O2 -g":                {"-O2 -g", lines, handler},
		"-O2 -g, DWARF 4":       {"-O2 -g -gdwarf-4", lines, handler},
		"-O2 -g, compressed":    {"-O2 -g -gz=zlib", lines, handler},
		"frame pointers":        {"-O2 -g -fno-omit-frame-pointer", lines, handler},
		"no PIE":                {"-O0 -g -no-pie", lines, handler},
		"PIE":                   {"-O2 -g -pie -fPIE", lines, handler},
		"static":                {"-O0 -g -static", lines, handler},
		"static-pie":            {"-O2 -g -static-pie -fPIE", lines, handler},
		"symbols, -O2":          {"-O2", []string{"wait_for_child", "main"}, []string{"on_alarm", "main"}},
		"symbols, -O0":          {"-O0", []string{"wait_for_child", "finish", "main"}, []string{"on_alarm", "main"}},
		"symbols, static":       {"-O2 -static", []string{"wait_for_child", "main"}, []string{"on_alarm", "main"}},
		"symbols, static-pie":   {"-O2 -static-pie -fPIE", []string{"wait_for_child", "main"}, []string{"on_alarm", "main"}},
		"strip -g":              {"-O2 -g -Wl,--strip-debug", []string{"wait_for_child", "main"}, []string{"on_alarm", "main"}},
		"stripped":              {"-O2 -s", nil, nil},
		"stripped static":       {"-O2 -s -static", nil, nil},
		"no unwind information": {"-O2 -g -fno-asynchronous-unwind-tables", lines[:1], handler[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && !slices.Contains([]string{"-O2 -g", "symbols, static", "stripped"}, name) {
				t.Skip("compiles and links")
			}
			parent, child := resolve(t, compile(t, c.flags))
			if got, want := words(parent), strings.Join(c.parent, ", "); got != want {
				t.Errorf("parent: got  %s\nwant %s", got, want)
			}
			if got, want := words(child), strings.Join(c.child, ", "); got != want {
				t.Errorf("child: got  %s\nwant %s", got, want)
			}
		})
	}
}

func words(frames []unwind.Frame) string {
	var list []string
	for _, f := range frames {
		word := f.Function
		if f.File != "" {
			word += fmt.Sprintf(" %s:%d", f.File, f.Line)
		}
		list = append(list, word)
	}
	return strings.Join(list, ", ")
}

// compile returns the path of the program, or skips where there is no compiler.
func compile(t testing.TB, flags string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("needs a C compiler, cc")
	}
	path := filepath.Join(t.TempDir(), "waits")
	args := append(strings.Fields(flags), "-o", path, "testdata/waits.c")
	if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
		t.Skipf("cc %s: %v\n%s", flags, err, out)
	}
	return path
}

// resolve runs the program until both processes are blocked, and returns their frames.
func resolve(t testing.TB, path string) (parent, child []unwind.Frame) {
	t.Helper()
	c := new(stack.Collection)
	t.Cleanup(c.Close)
	blockedPair(t, path, func(pair [2]observe.Process) {
		for i, p := range pair {
			place, err := c.Take(p)
			if err != nil {
				t.Fatal(err)
			}
			if place != i {
				t.Fatalf("the sample has place %d, want %d", place, i)
			}
		}
	})
	// The process that reads the symbols is the one that ships: the race detector needs
	// more memory than it may have.
	forkproof, err := testbinary.Forkproof()
	if err != nil {
		t.Fatal(err)
	}
	list, err := resolveBy(t.Context(), forkproof, c)
	if err != nil {
		t.Fatal(err)
	}
	return list[0], list[1]
}

// blockedPair runs the program and calls look with parent and child when both are
// blocked. Then it ends them.
func blockedPair(t testing.TB, path string, look func([2]observe.Process)) {
	t.Helper()
	cmd := exec.Command(path)
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
		_ = cmd.Wait()
	}()
	o := observe.New(os.Getpid(), nil)
	defer o.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var pair [2]observe.Process
	err := poll.Quick.Until(ctx, func() (bool, error) {
		picture, err := o.Look(observe.Tasks)
		pair = [2]observe.Process{}
		for _, p := range picture.Processes {
			if p.ID.PID == cmd.Process.Pid && len(p.Tasks) > 0 && p.Tasks[0].Call.Name == "wait4" {
				pair[0] = p
			}
			if p.Parent == cmd.Process.Pid && len(p.Tasks) > 0 && p.Tasks[0].Call.Name == "pause" {
				pair[1] = p
			}
		}
		return pair[0].ID.PID != 0 && pair[1].ID.PID != 0, err
	})
	if err != nil {
		t.Fatal(errors.Join(errors.New("wait until both are blocked"), err))
	}
	look(pair)
}
