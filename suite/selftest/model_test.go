package selftest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/forkproof/forkproof/internal/testbinary"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/targets/catalog"
)

// otherwise are built-in servers whose model is not that by which they are judged.
var otherwise = map[string]string{
	"double-fork": "double-fork",
	"spawn":       "exec",
	// Forking servers that do not fork.
	"iterative":        "iterative",
	"web-iterative":    "iterative",
	"web-accepts-once": "iterative",
	"thread-in-turn":   "iterative", // it waits for the thread
}

// untold are servers of which classify tells no model, with the reason.
var untold = map[string]string{
	"never-listens": "it never listens",
	"exits-at-once": "it ends before it listens",
}

// classify returns the model that forkproof tells of a server; the error is how it failed.
func classify(t *testing.T, args ...string) (report.Design, error) {
	t.Helper()
	binary, err := testbinary.Forkproof()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"classify", "--json", "-"}, args...)...)
	cmd.Stderr = os.Stderr
	var d report.Design
	out, err := cmd.Output()
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return d, nil
}

// TestClassify holds that the model of every built-in server is told right, and surely.
func TestClassify(t *testing.T) {
	if testing.Short() {
		t.Skip("starts every built-in server")
	}
	list := servers(t)
	if _, err := new(catalog.Builder).BuildAll(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			d, err := classify(t, "--target", s.Name)
			if why, known := untold[s.Name]; known {
				if err == nil && d.Sure {
					t.Errorf("it is told for sure (%s), though %s", d.Model, why)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want, exact := otherwise[s.Name]
			if exact && d.Model != want || !exact && string(harness.FamilyOf(d.Model)) != s.Model || !d.Sure {
				t.Errorf("it is %s (sure: %t), want %s %s: %q %s", d.Model, d.Sure, s.Model, want, d.Evidence, d.Surer)
			}
			if slices.Contains([]string{"prefork", "pool-never-refilled"}, s.Name) && d.Pool != 32 {
				t.Errorf("its pool has %d workers, want 32: %q", d.Pool, d.Evidence)
			}
		})
	}
}

// TestClassifyReal holds that the model of every real server that is installed is told
// right and surely, and soon.
func TestClassifyReal(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real servers")
	}
	dir, err := filepath.Abs("testdata/real")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range realServers {
		t.Run(r.name, func(t *testing.T) {
			if os.Getenv("FORKPROOF_TEST_REAL") == "" && !slices.Contains(usual, r.name) {
				t.Skip("make real classifies it, too")
			}
			r.skipWithout(t)
			words, _ := r.built(t, dir)
			begin := time.Now()
			d, err := classify(t, append([]string{"--"}, words...)...)
			if err != nil {
				t.Fatal(err)
			}
			if d.Model != r.design || !d.Sure {
				t.Errorf("it is %s (sure: %t), want %s: %q %s", d.Model, d.Sure, r.design, d.Evidence, d.Surer)
			}
			t.Logf("%s in %v, with its start", d.Model, time.Since(begin).Round(time.Millisecond))
		})
	}
}
