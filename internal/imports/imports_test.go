// Package imports holds the rules of which package may know which, as a test.
package imports

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/forkproof/forkproof/"

// rules say what a package must not come to depend on, and why.
var rules = []struct {
	packages  []string
	forbidden []string
	why       string
	allowed   []string
}{
	{
		[]string{"clients"},
		[]string{module},
		"it takes a dialer and returns what each connection saw, and so works with any server",
		[]string{"clients/protocol"},
	},
	{
		[]string{"faults", "observe"},
		[]string{module},
		"they exchange pids, addresses and connections, and share the parser of /proc",
		[]string{"internal/proc", "faults/trace", "faults/process",
			"faults/internal/poll", "faults/internal/procfile", "faults/internal/value"},
	},
	{
		[]string{"faults/trace", "faults/process"},
		[]string{module},
		"the engine does not know the faults that are made with it",
		[]string{"internal/proc", "faults/process", "faults/internal/poll", "faults/internal/procfile"},
	},
	{
		[]string{"faults/schedule"},
		[]string{module + "suite", module + "clients", module + "diagnose", module + "grade"},
		"a person injects faults into a server that nothing judges",
		nil,
	},
	{
		[]string{"observe/rest"},
		[]string{module},
		"what is judged is what observe has read",
		[]string{"observe", "internal/proc"},
	},
	{
		[]string{"internal/proc", "observe/proctree"},
		[]string{module},
		"a keeper parses /proc before most other packages are initialised",
		[]string{"internal/proc"},
	},
	{
		[]string{"report"},
		[]string{module},
		"a renderer must work on a result whoever made it",
		nil,
	},
	{
		[]string{"targets", "targets/sandbox", "targets/catalog"},
		[]string{module + "suite", module + "clients", module + "faults", module + "report"},
		"starting a server must not depend on how it is judged",
		nil,
	},
	{
		[]string{"clients", "faults", "observe", "report", "targets", "targets/sandbox", "targets/catalog"},
		[]string{"github.com/onsi/"},
		"Ginkgo and Gomega are the suite's: what it is built on works without a test framework",
		nil,
	},
}

func TestImports(t *testing.T) {
	for _, rule := range rules {
		for _, name := range rule.packages {
			for _, dependency := range dependencies(t, module+name) {
				for _, forbidden := range rule.forbidden {
					own := dependency == module+name
					allowed := slices.Contains(rule.allowed, strings.TrimPrefix(dependency, module))
					if strings.HasPrefix(dependency, forbidden) && !own && !allowed {
						t.Errorf("%s depends on %s: %s", name, dependency, rule.why)
					}
				}
			}
		}
	}
}

func TestNoCgo(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if .CgoFiles}}{{.ImportPath}}{{end}}", module+"cmd/forkproof").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		if strings.Contains(name, ".") {
			t.Errorf("%s uses cgo: forkproof is one static binary", name)
		}
	}
}

func dependencies(t *testing.T, name string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", name).Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", name, err)
	}
	return strings.Fields(string(out))
}
