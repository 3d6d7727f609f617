package selftest

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// headerWidth is the number of columns of a header.
const headerWidth = 80

// headerChange returns the lines of a server's header that declare what was found,
// as they should be; empty if they are.
func headerChange(s catalog.Server, found []string) (string, error) {
	if s.Header == "" || slices.Equal(declaredBy(s), found) {
		return "", nil
	}
	text, err := fs.ReadFile(targets.Sources, "csrc/"+s.Header)
	if err != nil {
		return "", err
	}
	lines := headerLines(headerKey(s), found, valueColumn(string(text)))
	return fmt.Sprintf("targets/csrc/%s:\n%s", s.Header, lines), nil
}

// headerLines returns the lines of a key and its IDs, which begin in a column.
func headerLines(key string, ids []string, column int) string {
	if len(ids) == 0 {
		return " (no " + key + " line)\n"
	}
	var b strings.Builder
	line := fmt.Sprintf("%-*s", column, " * "+key)
	for i, id := range ids {
		if i > 0 && len(line)+1+len(id) > headerWidth {
			b.WriteString(line + "\n")
			line = fmt.Sprintf("%-*s", column, " *")
		} else if i > 0 {
			line += " "
		}
		line += id
	}
	return b.String() + line + "\n"
}

// headerKey returns the key of a header that lists the requirements not met.
func headerKey(s catalog.Server) string {
	if s.Kind == catalog.Bad {
		return "breaks:"
	}
	return "advice:"
}

// valueColumn returns the column in which the values of a header begin.
func valueColumn(text string) int {
	line, _, _ := strings.Cut(text, "\n")
	key, value, _ := strings.Cut(line, ":")
	return len(key) + 1 + len(value) - len(strings.TrimLeft(value, " "))
}

// declaredBy returns the IDs that a server's header declares as not met, sorted.
func declaredBy(s catalog.Server) []string {
	return slices.Sorted(slices.Values(slices.Concat(s.Breaks, s.Advice)))
}

// logHeaderChanges logs how headers must change to declare what was found. A correct
// server that fails is a defect, not a matter of its header.
func logHeaderChanges(t *testing.T, all []judged) {
	t.Helper()
	var b strings.Builder
	for _, j := range all {
		verdicts := []report.Verdict{report.Fail, report.Advice}
		if j.server.Kind != catalog.Bad {
			verdicts = verdicts[1:]
		}
		change, err := headerChange(j.server, found(j, verdicts...))
		if err != nil {
			t.Error(err)
		}
		b.WriteString(change)
	}
	if b.Len() > 0 {
		t.Log("if these verdicts are right, change the headers:\n" + b.String())
	}
}

func TestHeaderChange(t *testing.T) {
	server, err := catalog.Find("reap-once")
	if err != nil {
		t.Fatal(err)
	}
	found := []string{"concurrency/many", "reaping/five-at-once", "reaping/many-at-once", "reaping/new"}
	got, err := headerChange(server, found)
	if err != nil {
		t.Fatal(err)
	}
	want := `targets/csrc/bad/reap-once/reap.c:
 * breaks:  concurrency/many reaping/five-at-once reaping/many-at-once
 *          reaping/new
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got, err := headerChange(server, declaredBy(server)); got != "" || err != nil {
		t.Errorf("a right header changes: %q, %v", got, err)
	}
}
