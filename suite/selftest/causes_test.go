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
	if len(j.server.Like) > 0 {
		compareLike(t, j)
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

// compareLike checks that the causes of a server that has the defects of others are those,
// and that together they explain all that the server does not meet.
func compareLike(t *testing.T, j judged) {
	t.Helper()
	var causes, explained []string
	for _, c := range j.result.Causes {
		causes, explained = append(causes, c.ID), append(explained, c.Requirements...)
	}
	want := slices.Clone(j.server.Like)
	for i, name := range want {
		if group, found := alike[name]; found {
			want[i] = group
		}
	}
	slices.Sort(causes)
	slices.Sort(want)
	if !slices.Equal(causes, want) {
		t.Errorf("the causes are %v, want %v", causes, want)
	}
	slices.Sort(explained)
	if !slices.Equal(explained, j.notMet()) {
		t.Errorf("the causes explain %v, not met are %v", explained, j.notMet())
	}
}
