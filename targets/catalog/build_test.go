package catalog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

func TestBuildAll(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles servers")
	}
	cache := t.TempDir()
	t.Setenv(cacheVariable, cache)
	defer unix.Umask(unix.Umask(0o077))
	servers := embedded(t)[:5] // TestSmoke builds all
	programs, err := new(Builder).BuildAll(t.Context(), servers)
	if err != nil {
		t.Fatal(err)
	}
	if len(programs) != len(servers) {
		t.Errorf("got %d programs of %d servers: the names are not unique", len(programs), len(servers))
	}
	for name, program := range programs {
		info, err := os.Stat(program)
		switch {
		case err != nil:
			t.Error(err)
		case info.Mode() != 0o755 || filepath.Base(program) != name:
			t.Errorf("%s: %s (%v) is no program of that name for every user", name, program, info.Mode())
		}
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "servers", "build-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestBuildAtOnce builds one server with several builders at the same time.
func TestBuildAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles servers")
	}
	t.Setenv(cacheVariable, t.TempDir())
	reference := embedded(t)[0]
	programs := make([]string, 4)
	errs := make([]error, len(programs))
	var done sync.WaitGroup
	for i := range programs {
		done.Go(func() { programs[i], errs[i] = new(Builder).Build(t.Context(), reference) })
	}
	done.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		if program != programs[0] {
			t.Errorf("built as %s and as %s", program, programs[0])
		}
	}
}

func TestBuildTakesFromCache(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles servers")
	}
	t.Setenv(cacheVariable, t.TempDir())
	reference := embedded(t)[0]
	program, err := new(Builder).Build(t.Context(), reference)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	again, err := new(Builder).Build(t.Context(), reference)
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(again)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) {
		t.Errorf("built twice: %s, %s", program, again)
	}
	t.Setenv("CC", "cc -DANOTHER")
	other, err := new(Builder).Build(t.Context(), reference)
	if err != nil {
		t.Fatal(err)
	}
	if other == program {
		t.Errorf("another compiler command builds the same program, %s", program)
	}
}

func TestCommand(t *testing.T) {
	command, err := Command(t.Context(), ReferenceName)
	if err != nil {
		t.Fatal(err)
	}
	if len(command.Args) != 2 || filepath.Base(command.Args[0]) != ReferenceName || command.Args[1] != "{port}" {
		t.Errorf("the command is %q", command.Args)
	}
}

func TestNoCompiler(t *testing.T) {
	t.Setenv("CC", "no-such-compiler -O3")
	_, err := Command(t.Context(), ReferenceName)
	var missing *NoCompiler
	if !errors.As(err, &missing) || missing.Name != "no-such-compiler" {
		t.Fatalf("got %v, want a NoCompiler", err)
	}
	for _, want := range []string{"apt-get install gcc libc6-dev", "forkproof check -- CMD"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
}

func TestBuildErrorNamesTheFile(t *testing.T) {
	t.Setenv(cacheVariable, t.TempDir())
	servers, err := load(tree(nil)) // loop() and once() are declared nowhere
	if err != nil {
		t.Fatal(err)
	}
	_, err = new(Builder).Build(t.Context(), servers[1])
	if err == nil || !strings.Contains(err.Error(), "bad/reap-once/reap.c:10") {
		t.Errorf("the error does not say where: %v", err)
	}
	if _, err := new(Builder).BuildAll(t.Context(), servers); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("the error of all is not the first one's: %v", err)
	}
}

// TestBuilderRecovers uses a builder again after its first use was cancelled.
func TestBuilderRecovers(t *testing.T) {
	t.Setenv(cacheVariable, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var b Builder
	if _, err := b.Build(ctx, embedded(t)[0]); !errors.Is(err, context.Canceled) {
		t.Errorf("built without time: %v", err)
	}
	if _, err := b.Build(t.Context(), embedded(t)[0]); err != nil {
		t.Error(err)
	}
}

// TestBuildReplacesWhatWasChanged changes a program in the cache: it is built anew.
func TestBuildReplacesWhatWasChanged(t *testing.T) {
	t.Setenv(cacheVariable, t.TempDir())
	reference := embedded(t)[0]
	program, err := new(Builder).Build(t.Context(), reference)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Dir(filepath.Dir(program))); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the cache is open to others: %v, %v", info.Mode(), err)
	}
	built, err := hashOf(program)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func() error{
		"other text": func() error { return os.WriteFile(program, []byte("#!/bin/false\n"), 0o755) },
		"a link":     func() error { return errors.Join(os.Remove(program), os.Symlink("/bin/false", program)) },
		"no sum":     func() error { return os.Remove(sumOf(program)) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		again, err := new(Builder).Build(t.Context(), reference)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := hashOf(again); err != nil || got != built {
			t.Errorf("%s: the changed program is used (%v)", name, err)
		}
	}
}
