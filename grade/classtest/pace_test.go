package classtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/targets/catalog"
)

// TestClassOf60 grades a class of 60 by the whole catalogue, at once and one after
// another, and prints the pace. Hostile servers that use up the processor for minutes
// are in the other classes: a pace that they decide tells nothing.
func TestClassOf60(t *testing.T) {
	if !inFull {
		t.Skip("make class runs it: it takes minutes")
	}
	needSandbox(t)
	servers, err := catalog.Servers()
	if err != nil {
		t.Fatal(err)
	}
	class := filepath.Join(t.TempDir(), "class")
	n := 0
	for name, m := range members {
		if err := os.MkdirAll(class, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := m.make(filepath.Join(class, name)); err != nil {
			t.Fatal(err)
		}
		n++
	}
	for _, name := range []string{"read-other-submissions", "kill-everyone", "fork-bomb"} {
		submit(t, class, "hostile-"+name, name)
		n++
	}
	for n < 60 {
		for _, s := range servers {
			takesOnePort := s.Model == "forking" && s.Protocol == "echo"
			if command, err := s.Command(t.Context()); n < 60 && takesOnePort && err == nil && len(command.Args) == 2 {
				submit(t, class, fmt.Sprintf("%03d-%s", n, s.Name), s.Name)
				n++
			}
		}
	}
	whole := `rubric: v1
command: ./server {port}
points: {launch: 5, echo: 20, concurrency: 20, descriptors: 15, reaping: 25, termination: 10, signals: 5}
extra: {faults: 5}
`
	withBuild := whole + "build: if [ -f build.sh ]; then sh build.sh; fi\nlimits: {build-time: 8s}\n"
	var books []string
	for _, run := range []struct {
		what, rubric string
		flags        []string
	}{
		{"as many at once as by default, without builds", whole, nil},
		{"one after another, without builds", whole, []string{"--jobs", "1"}},
		{"as many at once as by default, with builds", withBuild, nil},
	} {
		results := filepath.Join(t.TempDir(), "results")
		r := forkproof(t, 0, append([]string{"grade", class, "--rubric", write(t, run.rubric), "--out", results}, run.flags...)...)
		used := r.ProcessState.UserTime() + r.ProcessState.SystemTime()
		t.Logf("%-40s %5.1f submissions a minute: %d in %.1f s, %.1f s of processor time", run.what, float64(n)/r.took.Minutes(), n, r.took.Seconds(), used.Seconds())
		book := gradebook(t, results)
		if strings.Count(book, "\n") < n {
			t.Errorf("rows are missing:\n%s", book)
		}
		if held := strings.Count(book, ",held,"); held > 0 {
			t.Logf("%d are held:\n%s", held, book)
		}
		books = append(books, book)
	}
	same(t, books[0], books[1])
}
