package hostiletest

import (
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/targets/catalog"
)

// why holds, by account, the words of the refusal of a better isolation: the
// reason and what to change.
var why = map[string][]string{
	"user":               {"control group"},
	"container-admin":    {"seccomp=unconfined", "operation not permitted"},
	"container-user":     {"seccomp=unconfined", "operation not permitted"},
	"container-root":     {"seccomp=unconfined", "operation not permitted"},
	"no-user-namespaces": {"sysctl -w user.max_user_namespaces", "no space left on device"},
}

// askedBy returns the isolations that an account asks for. Only root with some
// capabilities can use another uid.
func askedBy(a account) []string {
	return slices.DeleteFunc(catalog.Tiers(), func(tier string) bool { return tier == "uid" && a.Tier != "uid" })
}

// TestAskForMore asks for every isolation from every account. An available one is
// used, a better one is refused with the reason.
func TestAskForMore(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every account in a testbed")
	}
	reference, err := catalog.Find(catalog.ReferenceName)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range availableAccounts(t) {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			var ask [][]string
			for _, tier := range askedBy(a) {
				ask = append(ask, []string{"check", "--isolation", tier, "--only", "launch/listens", "--", referencePath, "{port}"})
			}
			o := runJob(t, reference, a, job{Ask: ask})
			for i, tier := range askedBy(a) {
				answered(t, a, tier, o.Answers[i])
			}
		})
	}
}

func answered(t *testing.T, a account, tier string, r runResult) {
	t.Helper()
	if len(r.Left) > 0 {
		t.Errorf("--isolation %s leaves:\n%s", tier, strings.Join(r.Left, "\n"))
	}
	more := slices.Index(catalog.Tiers(), tier) < slices.Index(catalog.Tiers(), a.Tier)
	switch {
	case !more && r.ExitCode != 0:
		t.Errorf("--isolation %s: %s", tier, r.explain())
	case more && r.ExitCode != 3:
		t.Errorf("--isolation %s is more than there is, yet: %s", tier, r.explain())
	case more:
		for _, word := range why[a.Name] {
			if !strings.Contains(r.Stderr, word) {
				t.Errorf("--isolation %s: the reason does not name %s: %s", tier, word, r.Stderr)
			}
		}
	}
}
