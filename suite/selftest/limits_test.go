package selftest

import (
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
)

// A server that lets clients wait, or refuses them, for longer than most waits last, and
// comes back by itself, has a limit of its own. That is advice, with the time.
func TestLimitIsPolicy(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the server to come back")
	}
	t.Parallel()
	g, err := newGrader("--only", "descriptors/low-limit")
	if err != nil {
		t.Fatal(err)
	}
	for _, manner := range []string{"waits", "refuses"} {
		t.Run(manner, func(t *testing.T) {
			t.Parallel()
			server := studentServer(t, "../limits/rests.c")
			o, err := g.check(nil, append(server, manner, "{port}")...).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range o.Result.Requirements {
				if q.ID == "descriptors/low-limit" && (q.Verdict != report.Advice || !strings.Contains(q.Found, "was served after 1")) {
					t.Errorf("%s: %s; %s", q.Verdict, q.Found, q.Diagnosis)
				}
			}
		})
	}
}
