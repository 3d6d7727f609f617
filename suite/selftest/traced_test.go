package selftest

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/internal/testbinary"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/life"
	"github.com/forkproof/forkproof/targets/catalog"
)

// tracedSample is how many servers are traced where not all are, and tracedGood how many
// of all are correct.
const (
	tracedSample = 6
	tracedGood   = 10
)

// correctOn are the requirements that correct servers are traced with, in turn.
var correctOn = []string{
	"reaping/five-at-once", "descriptors/parent-closes-connection", "faults/fork-eagain", "echo/half-close",
	"signals/stop-continue", "faults/accept-eintr", "concurrency/many", "reaping/one", "faults/read-eintr", "launch/restarts-at-once",
}

// TestTraced: a server that is traced has the verdict that it has without. Each faulty one
// is traced with what shows its defect best.
func TestTraced(t *testing.T) {
	all := os.Getenv("FORKPROOF_TEST_TIERS") != ""
	if testing.Short() {
		t.Skip("judges several servers twice")
	}
	binary, err := testbinary.Forkproof()
	if err != nil {
		t.Fatal(err)
	}
	type one struct{ server, id string }
	var list []one
	good := 0
	for _, s := range servers(t) {
		switch {
		case s.Kind == catalog.Bad && len(s.Breaks) > 0:
			list = append(list, one{s.Name, s.Breaks[0]})
		case s.Kind == catalog.Good && good < tracedGood:
			list = append(list, one{s.Name, correctOn[good]})
			good++
		}
	}
	stride := 1
	if !all {
		stride = max(len(list)/tracedSample, 1)
	}
	for i := 0; i < len(list); i += stride {
		c := list[i]
		t.Run(c.server+" "+c.id, func(t *testing.T) {
			untraced := output(t, binary, "check", "--target", c.server, "--only", c.id, "--json", "-")
			var r report.Result
			if err := json.Unmarshal(untraced, &r); err != nil {
				t.Fatal(err)
			}
			traced := output(t, binary, "trace", "--target", c.server, "--requirement", c.id, "--json", "-")
			var l life.Life
			if err := json.Unmarshal(traced, &l); err != nil {
				t.Fatal(err)
			}
			want := r.Of(c.id)
			spared := l.Verdict == report.Pass && slices.ContainsFunc(l.Notes, func(note string) bool { return strings.HasPrefix(note, "good when traced") })
			if l.Verdict != want.Verdict && !spared {
				t.Errorf("traced: %s (%s)\nuntraced: %s (%s)", l.Verdict, l.Found, want.Verdict, want.Found)
			}
			if want.Verdict != report.NotApplicable && len(l.Steps) == 0 {
				t.Error("nothing was recorded")
			}
		})
	}
}

// output returns what a command prints, whatever its exit status.
func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	return out
}
