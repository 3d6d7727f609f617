package selftest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/forkproof/forkproof/internal/undertest"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// ordinary is the user whom root plays in these tests.
const ordinary = 65534

// killer is a server that calls kill(-1).
const killer = "fork-failure-kills-all"

// A way is a way to run the servers: as whom, and how far kept apart.
type way struct {
	name      string
	uid       int
	isolation string
	// tier is what there must be.
	tier string
	// lent has root be root of a user namespace only, with every capability there:
	// the machine's own may lack some.
	lent bool
	// shared says that the servers have forkproof's network, and see the machine's
	// processes.
	shared bool
}

var ways = []way{
	{name: "root, no control groups", isolation: "namespaces", tier: "namespaces"},
	{name: "root, another uid", isolation: "uid", tier: "uid", lent: true, shared: true},
	{name: "root, no sandbox", isolation: "same-uid", tier: "same-uid", shared: true},
	{name: "user", uid: ordinary, isolation: "auto", tier: "namespaces"},
	{name: "user, no sandbox", uid: ordinary, isolation: "same-uid", tier: "same-uid", shared: true},
}

// TestTiers judges every server once more in each way that there is: whoever
// runs forkproof, and whatever keeps the server apart, the verdicts are those
// that TestMatrix holds against the headers.
func TestTiers(t *testing.T) {
	if os.Getenv("FORKPROOF_TEST_TIERS") == "" {
		t.Skip("judges every server five times more: make tiers")
	}
	if os.Getuid() != 0 {
		t.Skip("only root can play somebody else")
	}
	list := servers(t)
	paths := publish(t, list)
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			asked := judge{binary: paths["forkproof"], flags: []string{"--isolation", w.isolation}, uid: w.uid, lent: w.lent}
			var refused *exec.ExitError
			if err := asked.try(t.Context(), paths[catalog.ReferenceName]); errors.As(err, &refused) {
				t.Skipf("not possible here: %s", refused.Stderr)
			}
			asked.apart = w.shared
			for _, j := range asked.all(t, list, paths, 2*runtime.NumCPU()) {
				recordVerdicts(w.name, j)
				t.Run(j.server.Name, func(t *testing.T) {
					if tier := j.result.Environment.Isolation; tier != w.tier {
						t.Errorf("isolation %s, want %s", tier, w.tier)
					}
					if w.shared && j.server.Name == killer {
						j.server.Breaks = nil // see its source: it kills nobody outside a pid namespace
					}
					holdAgainstHeader(t, j)
				})
			}
		})
	}
}

// try says why a judge can judge nobody; nil when it can.
func (w judge) try(ctx context.Context, path string) error {
	_, err := w.command(ctx, "--only", "launch/listens", "--", path, targets.PortWord).Output()
	return err
}

// publish copies forkproof and the servers to where everybody may read them.
func publish(t *testing.T, list []catalog.Server) (paths map[string]string) {
	t.Helper()
	built, err := new(catalog.Builder).BuildAll(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := undertest.Forkproof()
	if err != nil {
		t.Fatal(err)
	}
	built["forkproof"] = binary
	dir, err := os.MkdirTemp("", "forkproof-tiers-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	paths = map[string]string{}
	for name, path := range built {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		paths[name] = filepath.Join(dir, name)
		if err := os.WriteFile(paths[name], data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}
