package match_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/suite/match"
)

// A pair is a matcher on a snapshot that it matches, and on one that it does not,
// with what it says of the second.
type pair struct {
	name             string
	holds            func(*fixture) match.Matcher
	fails            func(*fixture) match.Matcher
	found, diagnosis string
	// processes are the pids that the finding is about, wrong its descriptors,
	// each as pid and number.
	processes []int
	wrong     [][2]int
}

func check(t *testing.T, pairs []pair) {
	t.Helper()
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			right := newFixture(t)
			if m := p.holds(right); !m.Holds(right.snapshot) {
				t.Errorf("it does not match the right snapshot: %s", right.plain(m.Explain(right.snapshot).Found))
			}
			wrong := newFixture(t)
			m := p.fails(wrong)
			if matched, err := m.Match(wrong.snapshot); matched || err != nil {
				t.Errorf("it matches the wrong snapshot (%v)", err)
			}
			p.holdFinding(t, wrong, m.Explain(wrong.snapshot))
			if message := m.FailureMessage(wrong.snapshot); !strings.Contains(wrong.plain(message), p.found) {
				t.Errorf("Gomega is told %q", message)
			}
		})
	}
}

func (p pair) holdFinding(t *testing.T, g *fixture, f match.Finding) {
	t.Helper()
	if f.Expected == "" || f.Snapshot == nil {
		t.Errorf("the finding has no expectation or no snapshot")
	}
	if diff := cmp.Diff(p.found, g.plain(f.Found)); diff != "" {
		t.Errorf("found: want (-), got (+):\n%s", diff)
	}
	if diff := cmp.Diff(p.diagnosis, g.plain(f.Diagnosis)); diff != "" {
		t.Errorf("diagnosis: want (-), got (+):\n%s", diff)
	}
	var processes []int
	for _, id := range f.Processes {
		processes = append(processes, id.PID)
	}
	if diff := cmp.Diff(p.processes, processes); diff != "" {
		t.Errorf("processes: want (-), got (+):\n%s", diff)
	}
	var wrong [][2]int
	for _, m := range f.Wrong {
		wrong = append(wrong, [2]int{m.Process.PID, m.FD})
	}
	if diff := cmp.Diff(p.wrong, wrong); diff != "" {
		t.Errorf("wrong descriptors: want (-), got (+):\n%s", diff)
	}
}

// TestEveryMatcherIsTested finds the matchers of this package that no test names.
func TestEveryMatcherIsTested(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var declared, used []string
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		switch {
		case err != nil:
			t.Fatal(err)
		case file.Name.Name == "match":
			declared = append(declared, matchers(file)...)
		default:
			used = append(used, usedOf(file, "match")...)
		}
	}
	for _, name := range declared {
		if !slices.Contains(used, name) {
			t.Errorf("no test names %s", name)
		}
	}
}

// matchers are the exported functions that return a Matcher.
func matchers(file *ast.File) (names []string) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Type.Results == nil || !f.Name.IsExported() {
			continue
		}
		if result, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && result.Name == "Matcher" {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// usedOf are the names of a package that a file uses.
func usedOf(file *ast.File, from string) (names []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == from {
				names = append(names, s.Sel.Name)
			}
		}
		return true
	})
	return names
}

// TestMatchOfSomethingElse holds a matcher to refusing what is no snapshot.
func TestMatchOfSomethingElse(t *testing.T) {
	m := match.NoZombies()
	if _, err := m.Match(5); err == nil {
		t.Error("5 is taken for a snapshot")
	}
	if got := m.FailureMessage(5); got != "expected a match.Snapshot, got int" {
		t.Error(got)
	}
	if got := m.NegatedFailureMessage(5); !strings.HasPrefix(got, "expected not: ") {
		t.Error(got)
	}
}

// TestWrongByteIsFinal: a client that received a wrong byte, or one too many, can never
// be answered exactly, whatever still comes.
func TestWrongByteIsFinal(t *testing.T) {
	g := newFixture(t)
	c := g.client()
	c.Send(protocol.Text("hello\n"))
	if why := match.Answered(c).Hopeless(g.snapshot); why != "" {
		t.Errorf("before anything came: %q", why)
	}
	g.answers(c, "x")
	if why := match.Answered(c).Hopeless(g.snapshot); why == "" {
		t.Error("after a wrong byte there is still hope")
	}
	if why := match.Served(c).Hopeless(g.snapshot); why != "" {
		t.Errorf("a wrong byte is an answer all the same: %q", why)
	}
}

// TestForkStorm: what counts are processes that are new while the client waits in the
// accept queue.
func TestForkStorm(t *testing.T) {
	g := newFixture(t)
	c := g.client()
	storm := match.ForkStorm(c)
	for pid := 200; pid < 300; pid++ {
		g.forks(parentPID, pid)
		if storm.Holds(g.snapshot) {
			t.Fatalf("pid %d: a storm, while the client is accepted", pid)
		}
		g.goes(pid)
	}
	g.serverSide(c).Inode = 0
	for i := range 50 {
		if storm.Holds(g.snapshot) {
			t.Fatalf("a storm after %d forks", i)
		}
		g.forks(parentPID, 300+i)
		_ = storm.Holds(g.snapshot)
		if i < 49 {
			g.goes(300 + i)
		}
	}
	if !storm.Holds(g.snapshot) {
		t.Error("no storm after 50 forks")
	}
	if f := storm.Explain(g.snapshot); !strings.Contains(f.Found, "50 processes") {
		t.Errorf("found %q", f.Found)
	}
}
