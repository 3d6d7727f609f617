// Package selftest judges the servers that forkproof ships, and holds the
// verdicts against what each server's header declares.
package selftest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/forkproof/forkproof/internal/undertest"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

var (
	update = flag.Bool("update", false, "write the golden matrix anew")
	runs   = flag.Int("runs", 0, "how often TestFlake judges every server")
	within = flag.Duration("within", 0, "begin with no more servers of TestFlake after that long; they come in any order then")
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
	undertest.Remove()
	os.Exit(code)
}

// judged is what came out for one server.
type judged struct {
	server catalog.Server
	result report.Result
	took   time.Duration // by the clock
	used   time.Duration // processor time of forkproof and of all it waited for
}

// notMet are the requirements that a server fails or is advised on.
func (j judged) notMet() []string { return j.having(report.Fail, report.Advice) }

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

// A judge runs forkproof check.
type judge struct {
	binary string
	flags  []string
	uid    int  // whom it runs as
	lent   bool // root of a user namespace of its own
	apart  bool // on a network of its own
}

// newJudge is one that runs as whoever runs the test.
func newJudge(flags ...string) (judge, error) {
	binary, err := undertest.Forkproof()
	return judge{binary: binary, flags: flags, uid: os.Getuid()}, err
}

// command is forkproof check with the judge's flags and some more.
func (w judge) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, w.binary, slices.Concat([]string{"check"}, w.flags, args)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if w.uid != os.Getuid() {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(w.uid), Gid: uint32(w.uid)}
		cmd.Dir = "/"
	}
	if w.lent {
		every := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1 << 16}}
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings, cmd.SysProcAttr.GidMappings = every, every
		cmd.SysProcAttr.GidMappingsEnableSetgroups = true
	}
	return cmd
}

// one judges a server. A judge apart takes the calling goroutine along.
func (w judge) one(ctx context.Context, server catalog.Server, path string) (judged, error) {
	if w.apart {
		if err := ownNetwork(); err != nil {
			return judged{}, err
		}
	}
	cmd := w.command(ctx, slices.Concat([]string{"--json", "-", "--model", server.Model, "--", path}, server.Args)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	begin := time.Now()
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return judged{}, fmt.Errorf("%s: %w", server.Name, err)
	}
	j := judged{
		server: server,
		took:   time.Since(begin),
		used:   cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
	}
	if err := json.Unmarshal(out, &j.result); err != nil {
		return judged{}, fmt.Errorf("%s: %v: %s%s: %w", server.Name, cmd.ProcessState, out, stderr.Bytes(), err)
	}
	return j, nil
}

// all judges servers, some of them at the same time. It begins with the last:
// correct servers follow the faulty ones, and some of them take long.
func (w judge) all(t *testing.T, servers []catalog.Server, paths map[string]string, atOnce int) []judged {
	t.Helper()
	all := make([]judged, len(servers))
	errs := make([]error, len(servers))
	tokens := make(chan struct{}, atOnce)
	var done sync.WaitGroup
	for i, server := range slices.Backward(servers) {
		tokens <- struct{}{}
		done.Go(func() {
			defer func() { <-tokens }()
			all[i], errs[i] = w.one(t.Context(), server, paths[server.Name])
		})
	}
	done.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return all
}

// judgeAll builds servers and judges them.
func judgeAll(t *testing.T, servers []catalog.Server, atOnce int) []judged {
	t.Helper()
	paths, err := new(catalog.Builder).BuildAll(t.Context(), servers)
	if err != nil {
		t.Fatal(err)
	}
	w, err := newJudge()
	if err != nil {
		t.Fatal(err)
	}
	return w.all(t, servers, paths, atOnce)
}

func servers(t *testing.T) []catalog.Server {
	t.Helper()
	list, err := catalog.Servers()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func join(ids []string) string {
	if len(ids) == 0 {
		return "–"
	}
	return strings.Join(ids, ", ")
}
