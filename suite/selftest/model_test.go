package selftest

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/forkproof/forkproof/internal/testbinary"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/targets/catalog"
)

// classifiedIn is how long forkproof may take to tell the model of a server that listens,
// on an idle machine.
const classifiedIn = 3 * time.Second

// otherwise are built-in servers whose model is not that by which they are judged.
var otherwise = map[string]string{
	"double-fork":    "double-fork",
	"spawn":          "exec",
	"iterative":      "iterative", // a forking server that does not fork
	"thread-in-turn": "iterative", // it waits for the thread
}

// untold are servers whose model nobody can tell, with the reason.
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
