package selftest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/forkproof/forkproof/internal/testbinary"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// ordinary is the uid of the ordinary user in these tests.
const ordinary = 65534

// killer is a server that calls kill(-1).
const killer = "fork-failure-kills-all"

// A way is a way to run forkproof: as which user and at which isolation.
type way struct {
	name      string
	uid       int
	isolation string
	// tier is the isolation that the result must name.
	tier string
	// userNamespace runs it as the root of a user namespace, with every capability
	// there. The machine's root may lack some.
	userNamespace bool
	// shared says that the servers share forkproof's network and see the machine's
	// processes.
	shared bool
}

var ways = []way{
	{name: "root, no control groups", isolation: "namespaces", tier: "namespaces"},
	{name: "root, another uid", isolation: "uid", tier: "uid", userNamespace: true, shared: true},
	{name: "root, no sandbox", isolation: "same-uid", tier: "same-uid", shared: true},
	{name: "user", uid: ordinary, isolation: "auto", tier: "namespaces"},
	{name: "user, no sandbox", uid: ordinary, isolation: "same-uid", tier: "same-uid", shared: true},
}

// TestTiers judges every server in each way. The verdicts depend neither on the
// user nor on the isolation: they are those that TestMatrix compares with the
// headers.
func TestTiers(t *testing.T) {
	if os.Getenv("FORKPROOF_TEST_TIERS") == "" {
		t.Skip("judges every server five times more: make tiers")
	}
	if os.Getuid() != 0 {
		t.Skip("needs root: it changes the user")
	}
	list := servers(t)
	paths := publish(t, list)
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			g := grader{binary: paths["forkproof"], flags: []string{"--seed", "1", "--isolation", w.isolation}, uid: w.uid, userNamespace: w.userNamespace}
			one := g.check([]string{"--only", "launch/listens"}, paths[catalog.ReferenceName], targets.PortWord)
			switch o, err := one.Run(t.Context()); {
			case o.ExitCode == 3:
				t.Skipf("not possible here: %v", err)
			case err != nil:
				t.Fatal(err)
			}
			g.networkNamespace = w.shared
			for _, j := range g.all(t, list, paths, 2*runtime.NumCPU()) {
				recordVerdicts(w.name, j)
				t.Run(j.server.Name, func(t *testing.T) {
					if tier := j.result.Environment.Isolation; tier != w.tier {
						t.Errorf("isolation %s, want %s", tier, w.tier)
					}
					if w.shared && j.server.Name == killer {
						j.server.Breaks = nil // see its source: it kills no process outside a pid namespace
					}
					compareWithHeader(t, j)
				})
			}
		})
	}
}

// publish copies forkproof and the servers to a folder that every user can read.
func publish(t *testing.T, list []catalog.Server) (paths map[string]string) {
	t.Helper()
	built, err := new(catalog.Builder).BuildAll(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := testbinary.Forkproof()
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
