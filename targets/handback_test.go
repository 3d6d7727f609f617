package targets_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/internal/testaccount"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// runScript runs a shell script as the only file of a directory, with a folder for
// temporary files of its own, in which it must leave no directory to work in.
func runScript(t *testing.T, script string) (r targets.RunResult, into string) {
	t.Helper()
	dir, into := submission(t, map[string]string{"build.sh": "#!/bin/sh\n" + script + "\n"}), filepath.Join(t.TempDir(), "into")
	temporary, err := os.MkdirTemp("", "forkproof-test-")
	if err := errors.Join(err, os.Chmod(temporary, 0o777)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temporary) })
	t.Setenv("TMPDIR", temporary)
	r, err = targets.Run(t.Context(), targets.Command{Args: []string{"./build.sh"}, Dir: dir}, into, small())
	if err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(temporary + "/forkproof-run-*")
	left = slices.DeleteFunc(left, func(path string) bool { return strings.HasSuffix(path, ".away") })
	if err != nil || len(left) > 0 {
		t.Errorf("forkproof has left %q: %v", left, err)
	}
	return r, into
}

// TestRunUnreadable: what a command leaves that forkproof may not read costs that alone.
func TestRunUnreadable(t *testing.T) {
	const script = `mkdir d e; : >d/in; : >e/in; mkdir "d/$(printf '\377')"; echo x >f; echo made >made; chmod 000 d/* d f; chmod 444 e`
	testaccount.Each(t, func(t *testing.T, a testaccount.Account) {
		r, into := runScript(t, script)
		files, leftOut := []string{"build.sh", "d/in", "e/in", "f", "made"}, []string(nil)
		if a.Name == "user" { // the others may read all
			files, leftOut = []string{"build.sh", "made"}, []string{"d", "e", "f"}
		}
		handedBack(t, into, r, files)
		if !r.Succeeded() || !slices.Equal(r.LeftOut, leftOut) {
			t.Errorf("%+v, want %q left out", r, leftOut)
		}
		if entries, err := os.ReadDir(into); err != nil || leftOut != nil && len(entries) != len(files) {
			t.Errorf("the folder has %v: %v", entries, err)
		}
	})
}

// TestRunOutOfReach: a command that puts its directory out of reach has not succeeded.
func TestRunOutOfReach(t *testing.T) {
	const moved, unreadable = "it moved its own directory away", "it took from its own directory the right to be read"
	// In a view of its own the directory is mounted, and what is above it can be moved.
	const move = `p=$PWD; case "$p" in */forkproof-run-*) up=$p ;; *) up=$(dirname "$p") ;; esac; cd /; mv "$up" "$up.away" && `
	testaccount.Each(t, func(t *testing.T, a testaccount.Account) {
		for name, one := range map[string]struct{ script, stopped string }{
			"a link instead":     {move + `ln -s / "$up" && echo done`, moved},
			"nothing instead":    {move + `echo done`, moved},
			"a file instead":     {move + `: >"$up" && echo done`, moved},
			"a link in its path": {move + `[ "$up" != "$p" ] && mkdir "$up" && ln -s /etc "$up/work" && echo done`, moved},
			"no right to list":   {"chmod 333 . && echo done", unreadable},
			"no right to open":   {"chmod 444 . && echo done", unreadable},
			"no right at all":    {"chmod 000 . && echo done", unreadable},
		} {
			t.Run(name, func(t *testing.T) {
				r, into := runScript(t, one.script+"; true")
				did := strings.HasSuffix(r.Output, "done\n")
				switch {
				case a.Name == "user" && sandbox.Probe().PIDs && !did:
					t.Fatalf("the command could not do it: %s", r.Output)
				case !did, one.stopped == unreadable && a.Name != "user":
					return // nothing keeps the directory from being read
				}
				if r.Stopped != one.stopped || r.Late || r.Succeeded() {
					t.Errorf("stopped %q, want %q", r.Stopped, one.stopped)
				}
				handedBack(t, into, r, nil)
			})
		}
	})
}

// TestRunWithoutDirectory: what is wrong before the command runs is the caller's fault.
func TestRunWithoutDirectory(t *testing.T) {
	testaccount.Each(t, func(t *testing.T, a testaccount.Account) {
		dir := submission(t, map[string]string{"build.sh": "#!/bin/sh\n", "secret": "x"})
		command := targets.Command{Args: []string{"./build.sh"}, Dir: filepath.Join(dir, "missing")}
		var wrong *targets.CommandError
		if r, err := targets.Run(t.Context(), command, filepath.Join(t.TempDir(), "into"), small()); !errors.As(err, &wrong) {
			t.Errorf("without its directory: %+v, %v", r, err)
		}
		if err := os.Chmod(filepath.Join(dir, "secret"), 0); err != nil {
			t.Fatal(err)
		}
		command.Dir = dir
		r, err := targets.Run(t.Context(), command, filepath.Join(t.TempDir(), "into"), small())
		if copied := a.Name == "user" && !sandbox.Probe().PIDs; errors.As(err, &wrong) != copied {
			t.Errorf("a file that cannot be copied for the command: %+v, %v", r, err)
		}
	})
}
