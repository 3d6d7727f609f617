package hostiletest

import (
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

// survivors are the servers that try hardest to live on.
var survivors = []string{"abstract-leftovers", "fork-and-exit", "fork-bomb", "outlives-its-grader"}

// manyProcesses are far more than forkproof itself starts before the first verdict:
// then the server forks as fast as it can.
const manyProcesses = 2000

// TestKilled has forkproof killed with SIGKILL while it judges a server that
// wants to live on: nothing of it does, and nothing else is left.
func TestKilled(t *testing.T) {
	servers, err := catalog.Hostiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range possible(t) {
		for _, s := range servers {
			if !slices.Contains(survivors, s.Name) || !contained(s, p) {
				continue
			}
			t.Run(p.Name+"/"+s.Name, func(t *testing.T) {
				t.Parallel()
				j := job{Kill: true, AfterFlags: judged("reaping/five-at-once")}
				if s.Name == everChanging {
					j.KillAfter = manyProcesses
				}
				o := caged(t, s, p, j)
				if o.Check.Code >= 0 {
					t.Errorf("forkproof was not killed: %s", o.Check.explain())
				}
				if len(o.Check.Left) > 0 {
					t.Errorf("it left its mark:\n%s", strings.Join(o.Check.Left[:min(len(o.Check.Left), mostListed)], "\n"))
				}
				if got := resultOf(t, o.After); got.Verdict != report.Conformant {
					t.Errorf("the reference, judged next, is %s:\n%s", got.Verdict, o.After.explain())
				}
			})
		}
	}
}
