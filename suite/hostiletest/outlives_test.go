package hostiletest

import (
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

// TestOutlivesItsInit has the weakest isolation judge a server that kills its
// init and leaves a daemon: one without namespaces, and without a kernel that
// scopes signals. The daemon is ended all the same, and nothing of it passes.
func TestOutlivesItsInit(t *testing.T) {
	servers, err := catalog.Hostiles()
	if err != nil {
		t.Fatal(err)
	}
	availableAccounts(t)
	p := account{Name: "old-kernel", UID: nobody, Container: true, NoLandlock: true, Tier: "same-uid"}
	for _, s := range servers {
		if s.Name != "outlives-its-init" {
			continue
		}
		j := job{Flags: judged("launch/listens", "echo/exact"), AfterFlags: judged("echo/exact")}
		o := runJob(t, s, p, j)
		hold(t, s, p, j, o)
		result := resultOf(t, o.Check)
		if result.Verdict == report.Conformant || result.Summary[report.Error] == 0 {
			t.Errorf("it is %s: %s", result.Verdict, o.Check.explain())
		}
		return
	}
	t.Fatal("there is no such server")
}
