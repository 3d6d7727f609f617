package hostiletest

import (
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/targets/catalog"
)

// why is what a persona is told when a better isolation is asked for: the
// reason, and what to change.
var why = map[string][]string{
	"user":               {"control group"},
	"container-admin":    {"seccomp=unconfined", "operation not permitted"},
	"container-user":     {"seccomp=unconfined", "operation not permitted"},
	"container-root":     {"seccomp=unconfined", "operation not permitted"},
	"no-user-namespaces": {"sysctl -w user.max_user_namespaces", "no space left on device"},
}

// askedBy are the isolations that a persona asks for. Another uid is for root
// with some capabilities, be its isolation a better one or not.
func askedBy(p persona) []string {
	return slices.DeleteFunc(catalog.Tiers(), func(tier string) bool { return tier == "uid" && p.Tier != "uid" })
}

// TestAskForMore has every persona ask for isolations by their names: what
// there is, is used; asking for more is refused with the reason.
func TestAskForMore(t *testing.T) {
	reference, err := catalog.Find(catalog.ReferenceName)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range possible(t) {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			var ask [][]string
			for _, tier := range askedBy(p) {
				ask = append(ask, []string{"check", "--isolation", tier, "--only", "launch/listens", "--", referencePath, "{port}"})
			}
			o := caged(t, reference, p, job{Ask: ask})
			for i, tier := range askedBy(p) {
				answered(t, p, tier, o.Answers[i])
			}
		})
	}
}

func answered(t *testing.T, p persona, tier string, r ran) {
	t.Helper()
	if len(r.Left) > 0 {
		t.Errorf("--isolation %s leaves:\n%s", tier, strings.Join(r.Left, "\n"))
	}
	more := slices.Index(catalog.Tiers(), tier) < slices.Index(catalog.Tiers(), p.Tier)
	switch {
	case !more && r.Code != 0:
		t.Errorf("--isolation %s: %s", tier, r.explain())
	case more && r.Code != 3:
		t.Errorf("--isolation %s is more than there is, yet: %s", tier, r.explain())
	case more:
		for _, word := range why[p.Name] {
			if !strings.Contains(r.Stderr, word) {
				t.Errorf("--isolation %s: the reason does not speak of %s: %s", tier, word, r.Stderr)
			}
		}
	}
}
