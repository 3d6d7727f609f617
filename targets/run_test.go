package targets_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/testaccount"
	"github.com/forkproof/forkproof/observe/proctree"
	"github.com/forkproof/forkproof/targets"
)

// submission makes a folder with files, in a fresh one that every user may enter.
func submission(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "work")
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o755))
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// small are limits that a hostile command passes soon.
func small() targets.RunLimits {
	l := targets.DefaultRunLimits()
	l.Processes, l.OutputBytes, l.Files, l.HandedBytes, l.FileBytes = 32, 256<<10, 50, 1<<20, 1<<20
	return l
}

// hostileBuilds are scripts, and what comes of each: Stopped, or else what it prints.
var hostileBuilds = []struct {
	name, script    string
	stopped, prints string
	files           []string // handed back
}{
	{name: "makes a file", script: "mkdir out; echo made >out/made; echo done", prints: "done", files: []string{"build.sh", "out/made"}},
	{name: "fails", script: "echo sorry >&2; exit 3", prints: "sorry"},
	{name: "forks for ever", script: `f() { f | f & }; f; sleep 100`, stopped: "it grew to"},
	{name: "prints for ever", script: "exec yes", stopped: "it printed more than"},
	{name: "makes many files", script: "i=0; while [ $i -lt 60 ]; do : >f$i; i=$((i+1)); done", stopped: "more than 50 files"},
	{name: "makes large files", script: "for i in 1 2; do head -c 600000 /dev/zero >f$i; done", stopped: "larger than 1048576 bytes"},
	{name: "makes deep directories", script: "i=0; while [ $i -lt 40 ]; do mkdir d; cd d; i=$((i+1)); done", stopped: "more than 32 deep"},
	{name: "makes a sparse file", script: "exec 2>/dev/null; truncate -s 4T sparse; rm -f sparse; echo went on", prints: "went on", files: []string{"build.sh"}},
	{name: "makes links and pipes", script: "ln -s /etc/passwd link; ln -s / root; mkfifo pipe; echo done", prints: "done", files: []string{"build.sh"}},
	{name: "replaces a directory by a link", script: "rm -rf sub; ln -s /etc sub; echo done", prints: "done", files: []string{"build.sh"}},
	{name: "writes outside", script: `for d in /etc /usr /var/lib "$OUTSIDE" /; do (: >$d/forkproof-hostile) 2>/dev/null && echo wrote $d; done; echo tried`,
		prints: "tried", files: []string{"build.sh"}},
	{name: "wants the network", script: "bash -c 'exec 3<>/dev/tcp/127.0.0.1/9' 2>&1 | grep -c denied; bash -c 'exec 3<>/dev/udp/127.0.0.1/9' 2>&1 | grep -c denied",
		prints: "2\n2", files: []string{"build.sh"}},
	{name: "reads others", script: `cat "$OUTSIDE/secret" 2>/dev/null; echo tried`, prints: "tried", files: []string{"build.sh"}},
}

// outsideVariable names a folder that is not in /tmp, with a secret.
const outsideVariable = "FORKPROOF_TEST_OUTSIDE"

func TestRun(t *testing.T) {
	if !testaccount.InChild() && os.Getuid() == 0 {
		outside, err := os.MkdirTemp("/var/lib", "forkproof-outside-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(outside) })
		if err := errors.Join(os.Chmod(outside, 0o777), os.WriteFile(filepath.Join(outside, "secret"), []byte("told"), 0o644)); err != nil {
			t.Fatal(err)
		}
		t.Setenv(outsideVariable, outside)
	}
	testaccount.Each(t, func(t *testing.T, _ testaccount.Account) {
		for _, build := range hostileBuilds {
			t.Run(build.name, func(t *testing.T) {
				dir := submission(t, map[string]string{"build.sh": "#!/bin/sh\n" + build.script + "\n"})
				into := filepath.Join(t.TempDir(), "into")
				command := targets.Command{Args: []string{"./build.sh"}, Dir: dir}
				command.Conditions.Env = []string{"OUTSIDE=" + os.Getenv(outsideVariable)}
				r, err := targets.Run(t.Context(), command, into, small())
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case !strings.Contains(r.Stopped, build.stopped) || (r.Stopped != "") != (build.stopped != ""):
					t.Errorf("stopped %q, want %q", r.Stopped, build.stopped)
				case build.stopped == "" && strings.TrimSpace(r.Output) != build.prints:
					t.Errorf("it printed %q, want %q", r.Output, build.prints)
				}
				handedBack(t, into, r, build.files)
				if changed, err := os.ReadDir(dir); err != nil || len(changed) != 1 {
					t.Errorf("the submission changed: %v %v", changed, err)
				}
			})
		}
	})
}

// handedBack checks what is in the folder.
func handedBack(t *testing.T, into string, r targets.RunResult, want []string) {
	t.Helper()
	var found []string
	_ = filepath.WalkDir(into, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(into, path)
			found = append(found, name)
			if !entry.Type().IsRegular() {
				t.Errorf("%s is no regular file", path)
			}
		}
		return nil
	})
	if !slices.Equal(found, want) || !slices.Equal(r.Files, want) {
		t.Errorf("handed back %q, told of %q, want %q; left out %q", found, r.Files, want, r.LeftOut)
	}
}

// TestRunEndsDaemons: what a command leaves behind is ended with it.
func TestRunEndsDaemons(t *testing.T) {
	testaccount.Each(t, func(t *testing.T, _ testaccount.Account) {
		name := fmt.Sprintf("%d.5", 1000+os.Getpid())
		script := "#!/bin/sh\nsetsid sh -c 'sleep " + name + " & sleep " + name + "' >/dev/null 2>&1 &\nsleep 0.1; echo built\n"
		dir := submission(t, map[string]string{"build.sh": script})
		r, err := targets.Run(t.Context(), targets.Command{Args: []string{"./build.sh"}, Dir: dir}, filepath.Join(t.TempDir(), "into"), small())
		if err != nil || r.Output != "built\n" {
			t.Errorf("%+v, %v", r, err)
		}
		for _, pid := range proctree.Descendants(os.Getpid(), 1000) {
			line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			if strings.Contains(string(line), name) {
				t.Errorf("%d lives on: %q", pid, line)
			}
		}
	})
}

func TestRunEndsInTime(t *testing.T) {
	dir := submission(t, map[string]string{"build.sh": "#!/bin/sh\nexec sleep 1000\n"})
	limits := small()
	limits.Time = 100 * time.Millisecond
	r, err := targets.Run(t.Context(), targets.Command{Args: []string{"./build.sh"}, Dir: dir}, filepath.Join(t.TempDir(), "into"), limits)
	if err != nil || r.Stopped != "it did not end within 100ms" || r.Succeeded() || r.Status.Signal() != unix.SIGKILL {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestRunBuildsServers builds the reference by make, and starts what was made.
func TestRunBuildsServers(t *testing.T) {
	testaccount.Each(t, func(t *testing.T, _ testaccount.Account) {
		dir := filepath.Join(t.TempDir(), "work")
		reference, err := fs.Sub(targets.Sources, "csrc/ref")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(dir, "ref"), reference); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"main.c", "server.h"} {
			data, err := targets.Sources.ReadFile("csrc/" + name)
			if err := errors.Join(err, os.WriteFile(filepath.Join(dir, name), data, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		makefile := "server: main.c\n\tgcc -I. -o $@ $< ref/*.c && mkdir -p ref/obj && gcc -I. -c -o ref/obj/main.o $<\n"
		if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(makefile), 0o644); err != nil {
			t.Fatal(err)
		}
		into := filepath.Join(t.TempDir(), "into")
		r, err := targets.Run(t.Context(), targets.Command{Args: []string{"make"}, Dir: dir}, into, targets.DefaultRunLimits())
		if err != nil || !r.Succeeded() || !slices.Contains(r.Files, "server") || !slices.Contains(r.Files, "ref/obj/main.o") {
			t.Fatalf("%v, %v, %q: %v\n%s", r.Status, r.Stopped, r.Files, err, r.Output)
		}
		host, err := targets.NewHost(t.Context(), targets.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = host.Close() }()
		if _, err := host.Start(t.Context(), targets.Command{Args: []string{filepath.Join(into, "server"), targets.PortWord}}); err != nil {
			t.Error(err)
		}
	})
}
