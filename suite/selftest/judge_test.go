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
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

var (
	update = flag.Bool("update", false, "write the golden matrix anew")
	runs   = flag.Int("runs", 0, "how often TestFlake judges every server")
)

// forkproof is the binary under test, built once.
var forkproof = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "forkproof-selftest-")
	if err != nil {
		return "", err
	}
	cleanups = append(cleanups, func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "forkproof")
	out, err := exec.Command("go", "build", "-o", path, "github.com/forkproof/forkproof/cmd/forkproof").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

var cleanups []func()

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
	for _, cleanup := range cleanups {
		cleanup()
	}
	os.Exit(code)
}

// judged is what came out for one server.
type judged struct {
	server catalog.Server
	result report.Result
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

// judge runs forkproof check, with further flags, against one server.
func judge(ctx context.Context, server catalog.Server, path string, flags ...string) (judged, error) {
	binary, err := forkproof()
	if err != nil {
		return judged{}, err
	}
	args := slices.Concat([]string{"check", "--json", "-", "--model", server.Model}, flags, []string{"--", path}, server.Args)
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return judged{}, fmt.Errorf("%s: %w", server.Name, err)
	}
	j := judged{server: server}
	if err := json.Unmarshal(out, &j.result); err != nil {
		return judged{}, fmt.Errorf("%s: %v: %s%s: %w", server.Name, cmd.ProcessState, out, stderr.Bytes(), err)
	}
	return j, nil
}

// judgeAll judges servers, some of them at the same time.
func judgeAll(t *testing.T, servers []catalog.Server, atOnce int) []judged {
	t.Helper()
	paths, err := new(catalog.Builder).BuildAll(t.Context(), servers)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := forkproof(); err != nil {
		t.Fatal(err)
	}
	all := make([]judged, len(servers))
	errs := make([]error, len(servers))
	tokens := make(chan struct{}, atOnce)
	var done sync.WaitGroup
	for i, server := range servers {
		tokens <- struct{}{}
		done.Go(func() {
			defer func() { <-tokens }()
			all[i], errs[i] = judge(t.Context(), server, paths[server.Name])
		})
	}
	done.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return all
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
