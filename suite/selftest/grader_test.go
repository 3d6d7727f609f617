// Package selftest judges the servers that forkproof ships, and compares the
// verdicts with what each server's header declares.
package selftest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/forkproof/forkproof/internal/judge"
	"github.com/forkproof/forkproof/internal/testbinary"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

var (
	update   = flag.Bool("update", false, "write the golden matrix")
	runs     = flag.Int("runs", 0, "how often TestFlake judges every server")
	speaking = flag.String("speaking", "", "let TestFlake judge only servers of these protocols, as in http,dialogue")
	within   = flag.Duration("within", 0, "start no more servers of TestFlake after that time; their order is random then")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(burnVariable) != "" {
		burn()
	}
	if *traced {
		if err := trace(flag.Args()); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if err := writeVerdicts(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	testbinary.Remove()
	os.Exit(code)
}

// judged is the result of one server.
type judged struct {
	server catalog.Server
	result report.Result
	took   time.Duration // wall clock
	used   time.Duration // processor time of forkproof and of all that it waited for
	// partly says that it was judged by the chapters of protocols alone.
	partly bool
}

// notMet returns the IDs of the requirements that a server fails or is advised on.
func (j judged) notMet() []string { return j.having(report.Fail, report.Advice) }

// having returns the IDs of the requirements with one of the verdicts, sorted.
func (j judged) having(verdicts ...report.Verdict) []string {
	var ids []string
	for _, r := range j.result.Requirements {
		if slices.Contains(verdicts, r.Verdict) {
			ids = append(ids, r.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// A grader judges servers with forkproof check.
type grader struct {
	binary string
	flags  []string
	uid    int // that it runs as
	// userNamespace runs it as the root of a user namespace of its own.
	userNamespace bool
	// networkNamespace runs it in a network namespace of its own.
	networkNamespace bool
}

// newGrader returns a grader that runs as the user of the test.
func newGrader(flags ...string) (grader, error) {
	binary, err := testbinary.Forkproof()
	return grader{binary: binary, flags: append([]string{"--seed", "1"}, flags...), uid: os.Getuid()}, err
}

// check returns forkproof check with the grader's flags and some more.
func (g grader) check(flags []string, command ...string) judge.Check {
	c := judge.Check{Forkproof: g.binary, Flags: slices.Concat(g.flags, flags), Command: command, Attributes: &syscall.SysProcAttr{}}
	if g.uid != os.Getuid() {
		c.Attributes.Credential = &syscall.Credential{Uid: uint32(g.uid), Gid: uint32(g.uid)}
	}
	if g.uid != os.Getuid() || g.networkNamespace {
		// The folder of the test may not be theirs to enter; and without a mount view
		// a web server has pages only in a folder that it may read.
		c.Dir = filepath.Dir(g.binary)
	}
	if g.userNamespace {
		every := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1 << 16}}
		c.Attributes.Cloneflags = syscall.CLONE_NEWUSER
		c.Attributes.UidMappings, c.Attributes.GidMappings = every, every
		c.Attributes.GidMappingsEnableSetgroups = true
	}
	return c
}

// one judges a server. For a network namespace it needs a goroutine of its own.
func (g grader) one(ctx context.Context, server catalog.Server, path string) (judged, error) {
	if g.networkNamespace {
		if err := ownNetwork(); err != nil {
			return judged{}, err
		}
	}
	flags := server.JudgedBy()
	if server.Dialogue != "" {
		file, err := filepath.Abs(filepath.Join("../../targets/csrc", server.Dialogue))
		if err != nil {
			return judged{}, err
		}
		flags = append(flags, "--dialogue", file)
	}
	o, err := g.check(flags, append([]string{path}, server.Args...)...).Run(ctx)
	if err != nil {
		return judged{}, fmt.Errorf("%s: %w", server.Name, err)
	}
	return judged{server: server, result: o.Result, took: o.Took, used: o.ProcessorTime}, nil
}

// all judges servers, some of them at the same time. It begins with the last:
// correct servers follow the faulty ones, and some of them take long.
func (g grader) all(t *testing.T, servers []catalog.Server, paths map[string]string, atOnce int) []judged {
	t.Helper()
	all := make([]judged, len(servers))
	errs := make([]error, len(servers))
	tokens := make(chan struct{}, atOnce)
	var done sync.WaitGroup
	for i, server := range slices.Backward(servers) {
		tokens <- struct{}{}
		done.Go(func() {
			defer func() { <-tokens }()
			all[i], errs[i] = g.one(t.Context(), server, paths[server.Name])
		})
	}
	done.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return all
}

// judgeAll builds servers and judges them, by what -only selects.
func judgeAll(t *testing.T, servers []catalog.Server, atOnce int, flags ...string) []judged {
	t.Helper()
	paths, err := new(catalog.Builder).BuildAll(t.Context(), servers)
	if err != nil {
		t.Fatal(err)
	}
	if *only != "" {
		flags = append(flags, "--only", *only)
	}
	g, err := newGrader(flags...)
	if err != nil {
		t.Fatal(err)
	}
	return g.all(t, servers, paths, atOnce)
}

func servers(t *testing.T) []catalog.Server {
	t.Helper()
	list, err := catalogServers()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(list)
}

// catalogServers reads the catalogue once.
var catalogServers = sync.OnceValues(catalog.Servers)

func join(ids []string) string {
	if len(ids) == 0 {
		return "–"
	}
	return strings.Join(ids, ", ")
}
