package selftest

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/forkproof/forkproof/report"
	_ "github.com/forkproof/forkproof/suite" // the catalogue
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// historied are servers of which a run learns something: one that serves one client at a
// time, one whose parent never sleeps, and one that comes to spin.
var historied = []string{"waits-for-child", "busy-accept", "loops-on-echild"}

// atOnce is how many requirements of one server are judged at the same time.
const atOnce = 4

// TestNoVerdictDependsOnHistory judges requirements alone, in the order of the
// catalogue, in the reverse order and several at once. What a run has learnt of the
// server until then changes no verdict.
func TestNoVerdictDependsOnHistory(t *testing.T) {
	if os.Getenv("FORKPROOF_TEST_TIERS") == "" {
		t.Skip("judges the catalogue 12 times: make tiers")
	}
	for _, name := range historied {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command, err := catalog.Command(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			want := verdictsIn(t, command, (*harness.Run).Selected, 1)
			for way, got := range map[string]map[string]report.Verdict{
				"in reverse order": verdictsIn(t, command, reversed, 1),
				"several at once":  verdictsIn(t, command, (*harness.Run).Selected, atOnce),
				"alone":            alone(t, command),
			} {
				for id, verdict := range got {
					if verdict != want[id] {
						t.Errorf("%s: %s is %s, and %s in the order of the catalogue", way, id, verdict, want[id])
					}
				}
			}
		})
	}
}

func reversed(r *harness.Run) []harness.Entry {
	list := r.Selected()
	slices.Reverse(list)
	return list
}

// verdictsIn judges the catalogue in one run, in the order given.
func verdictsIn(t *testing.T, command targets.Command, order func(*harness.Run) []harness.Entry, atOnce int) map[string]report.Verdict {
	t.Helper()
	run := newRun(t, command)
	tokens := make(chan struct{}, atOnce)
	var done sync.WaitGroup
	for _, e := range order(run) {
		tokens <- struct{}{}
		done.Go(func() {
			defer func() { <-tokens }()
			run.Verdict(t.Context(), e)
		})
	}
	done.Wait()
	verdicts := map[string]report.Verdict{}
	for _, r := range run.Result().Requirements {
		verdicts[r.ID] = r.Verdict
	}
	return verdicts
}

// alone judges each requirement in a run of its own.
func alone(t *testing.T, command targets.Command) map[string]report.Verdict {
	t.Helper()
	verdicts := map[string]report.Verdict{}
	for _, e := range harness.Catalogue() {
		verdicts[e.ID] = newRun(t, command, e.ID).Verdict(t.Context(), e).Verdict
	}
	return verdicts
}

// newRun is a run that is closed when the test ends.
func newRun(t *testing.T, command targets.Command, only ...string) *harness.Run {
	t.Helper()
	run, err := harness.New(harness.Config{
		Command: command, Model: harness.Forking, Protocol: harness.Echo, Only: only,
		Seed: 1, Limits: harness.DefaultLimits(), Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	})
	return run
}

// TestFoundationIsJudged: a requirement that was not selected is judged when one that
// was falls short of it, and says why.
func TestFoundationIsJudged(t *testing.T) {
	command, err := catalog.Command(t.Context(), "waits-for-child")
	if err != nil {
		t.Fatal(err)
	}
	run := newRun(t, command, "reaping/one-of-two")
	res := run.Judge(t.Context())
	short, root := res.Of("reaping/one-of-two"), res.Of("concurrency/second-client")
	if short.Verdict != report.NotRun || short.FixFirst != root.ID {
		t.Errorf("%s is %s because of %q, want not-run because of %s", short.ID, short.Verdict, short.FixFirst, root.ID)
	}
	because := fmt.Sprintf("judged because %s builds on it", short.ID)
	if root.Verdict != report.Fail || !slices.Contains(root.Done, because) {
		t.Errorf("%s is %s, done %q; want a failure that was %s", root.ID, root.Verdict, root.Done, because)
	}
	if res.Verdict != report.Nonconformant {
		t.Errorf("the run is %s, want %s", res.Verdict, report.Nonconformant)
	}
}
