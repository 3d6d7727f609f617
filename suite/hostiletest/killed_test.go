package hostiletest

import (
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

// survivors are the servers that try hardest to outlive forkproof.
var survivors = []string{"abstract-leftovers", "fork-and-exit", "fork-bomb", "outlives-its-grader"}

// manyProcesses is far more than forkproof itself starts before the first
// verdict: the server is forking by then.
const manyProcesses = 2000

// TestKilled kills forkproof with SIGKILL while it judges a server that tries to
// outlive it. No process of the server survives, and nothing else is left.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills forkproof under hostile servers")
	}
	servers, err := catalog.Hostiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range availableAccounts(t) {
		for _, s := range servers {
			if !slices.Contains(survivors, s.Name) || !contained(s, a) {
				continue
			}
			t.Run(a.Name+"/"+s.Name, func(t *testing.T) {
				t.Parallel()
				j := job{Kill: true, AfterFlags: judged("reaping/five-at-once")}
				if s.Name == neverSettles {
					j.KillAfter = manyProcesses
				}
				o := runJob(t, s, a, j)
				if o.Check.ExitCode >= 0 {
					t.Errorf("forkproof was not killed: %s", o.Check.explain())
				}
				if len(o.Check.Left) > 0 {
					t.Errorf("it changed the machine:\n%s", strings.Join(o.Check.Left[:min(len(o.Check.Left), mostListed)], "\n"))
				}
				if got := resultOf(t, o.After); got.Verdict != report.Conformant {
					t.Errorf("the reference, judged next, is %s:\n%s", got.Verdict, o.After.explain())
				}
			})
		}
	}
}
