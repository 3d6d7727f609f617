package selftest

import (
	"slices"
	"testing"

	"github.com/forkproof/forkproof/targets/catalog"
)

// alike are the defects that no evidence tells apart, with the cause that stands for
// them.
var alike = map[string]string{
	"clobbers-errno":  "ends-with-its-first-child",
	"exits-on-echild": "ends-with-its-first-child",
}

// compareCause checks that the first cause of a faulty server is its own defect, that it
// explains all that the server does not meet, and that it shows first what the header
// names first.
func compareCause(t *testing.T, j judged) {
	t.Helper()
	if j.server.Kind != catalog.Bad {
		return
	}
	if len(j.result.Causes) == 0 {
		t.Error("no cause is told")
		return
	}
	want := j.server.Name
	if group, found := alike[want]; found {
		want = group
	}
	first := j.result.Causes[0]
	if first.ID != want {
		t.Errorf("the first cause is %s (%s), want %s", first.ID, first.Title, want)
	}
	if nearest := j.server.Breaks[0]; first.Requirements[0] != nearest {
		t.Errorf("%s is shown first, want %s", first.Requirements[0], nearest)
	}
	if ids := slices.Sorted(slices.Values(first.Requirements)); !slices.Equal(ids, j.notMet()) {
		t.Errorf("the first cause explains %v, not met are %v", ids, j.notMet())
	}
}
