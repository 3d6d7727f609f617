package selftest

import (
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

const chaosID = "chaos/random-faults"

// TestChaos checks that correct servers withstand random faults of any seed, and
// that the report on a faulty one names only its weakness.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("judges ten servers under random faults")
	}
	for _, test := range []struct {
		server string
		seed   string
		// names is part of the shortest sequence; empty if the server passes.
		names string
	}{
		{"reference", "1", ""},
		{"reference", "2", ""},
		{"prefork", "3", ""},
		{"threads", "4", ""},
		{"epoll", "5", ""},
		{"signalfd", "6", ""},
		{"fork-failure-exits", "1", "1 of 20 faults: fork fails with "},
		{"reset-stops-server", "1", "1 of 20 faults: "},
		{"leaks-descriptor", "1", "1 of 20 faults: "},
		{"reap-once", "1", " of 20 faults: "},
	} {
		t.Run(test.server+" with seed "+test.seed, func(t *testing.T) {
			t.Parallel()
			r := chaos(t, test.server, test.seed)
			switch {
			case test.server == "reap-once" && strings.HasPrefix(r.Found, "without any fault: "):
				// Two of its children ended together by chance.
			case test.names == "" && r.Verdict != report.Pass:
				t.Errorf("%s: %s %s\n%s", r.Verdict, r.Found, r.Diagnosis, strings.Join(r.Done, "\n"))
			case test.names != "" && (r.Verdict != report.Fail || !strings.Contains(r.Found, "seed "+test.seed) || !strings.Contains(r.Found, test.names)):
				t.Errorf("%s %q, want a failure by %q", r.Verdict, r.Found, test.names)
			}
		})
	}
}

// chaos judges a built-in server under twenty random faults.
func chaos(t *testing.T, name, seed string) report.Requirement {
	t.Helper()
	server, err := catalog.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	path, err := new(catalog.Builder).Build(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	g, err := newGrader("--only", "launch/listens", "--chaos", "20", "--seed", seed)
	if err != nil {
		t.Fatal(err)
	}
	j, err := g.one(t.Context(), server, path)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(j.result.Requirements, func(r report.Requirement) bool { return r.ID == chaosID })
	if i < 0 {
		t.Fatalf("%s is not in the result", chaosID)
	}
	return j.result.Requirements[i]
}
