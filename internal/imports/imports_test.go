// Package imports holds the rules of which package may know which, as a test.
package imports

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/forkproof/forkproof/"

// rules say what a package must not come to depend on, and why.
var rules = []struct {
	packages  []string
	forbidden []string
	why       string
}{
	{
		[]string{"clients", "faults", "observe"},
		[]string{module},
		"they know neither each other nor anybody else of ours: they exchange pids, addresses and connections",
	},
	{
		[]string{"report"},
		[]string{module},
		"a renderer must work on a result whoever made it",
	},
	{
		[]string{"targets", "targets/sandbox", "targets/catalog"},
		[]string{module + "suite", module + "clients", module + "faults", module + "report"},
		"starting a server must not depend on how it is judged",
	},
	{
		[]string{"clients", "faults", "observe", "report", "targets", "targets/sandbox", "targets/catalog"},
		[]string{"github.com/onsi/"},
		"Ginkgo and Gomega are the suite's: what it is built on works without a test framework",
	},
}

func TestImports(t *testing.T) {
	for _, rule := range rules {
		for _, name := range rule.packages {
			for _, dependency := range dependencies(t, module+name) {
				for _, forbidden := range rule.forbidden {
					own := dependency == module+name || strings.HasPrefix(dependency, module+name+"/")
					if strings.HasPrefix(dependency, forbidden) && !own {
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
