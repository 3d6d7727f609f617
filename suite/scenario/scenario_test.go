package scenario_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/life"
	_ "github.com/forkproof/forkproof/suite" // the catalogue
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/scenario"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// traced returns the life of a server of this command.
func traced(t *testing.T, command targets.Command, s scenario.Scenario) life.Life {
	t.Helper()
	l, err := scenario.Run(t.Context(), harness.Config{
		Command: command, Model: harness.AnyModel, Protocol: harness.Echo, Seed: 1, Limits: harness.DefaultLimits(), Version: "test",
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, &l)
	return l
}

func builtIn(t *testing.T, name string) targets.Command {
	t.Helper()
	command, err := catalog.Command(context.Background(), name)
	if err != nil {
		t.Skip(err)
	}
	return command
}

// valid holds a life to the schema, and its tables to what its calls can do: what is
// closed was open, and nothing changes in a process that is gone.
func valid(t *testing.T, l *life.Life) {
	t.Helper()
	var b bytes.Buffer
	if err := life.WriteJSON(&b, l); err != nil {
		t.Fatal(err)
	}
	parse := func(data []byte) any {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", parse(life.SchemaText)); err != nil {
		t.Fatal(err)
	}
	if err := c.MustCompile("schema.json").Validate(parse(b.Bytes())); err != nil {
		t.Error(err)
	}
	open := map[[2]int]bool{}
	for i, s := range l.Steps {
		for _, c := range s.Changes {
			at := [2]int{c.PID, c.FD}
			switch {
			case c.State != "":
			case c.Closed && !open[at]:
				t.Errorf("step %d, %s, closes FD %d of %d, which is not open", i+1, s.Text, c.FD, c.PID)
			default:
				open[at] = !c.Closed
			}
		}
	}
}

// steps lists those that a lecture steps through, of the parent and its children.
func steps(l life.Life) (list []string) {
	for _, s := range l.Steps {
		p, _ := l.Process(s.PID)
		switch {
		case s.Kind == life.Fork:
			list = append(list, p.Role+": fork")
		case s.Kind == life.Call && slices.Contains([]string{"accept", "accept4", "close"}, s.Call) && s.Result != nil:
			list = append(list, p.Role+": "+strings.TrimSuffix(s.Text, " = 0"))
		}
	}
	return list
}

// TestLecture: the order of the textbook, and its tables after each step.
func TestLecture(t *testing.T) {
	for range 5 {
		l := traced(t, builtIn(t, "reference"), scenario.Scenario{Clients: 1})
		want := []string{"parent: accept(3) = 4", "parent: fork", "parent: close(4)", "child: close(3)", "child: close(4)"}
		if got := steps(l); !slices.Equal(got, want) {
			t.Errorf("it shows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		tables := []string{}
		for r := life.NewReplay(&l); ; {
			s, more := r.Next()
			if !more {
				break
			}
			if s.Kind == life.Fork || s.Call == "close" || strings.HasPrefix(s.Call, "accept") && s.Result != nil {
				tables = append(tables, table(r, l.Processes))
			}
		}
		textbook := []string{"parent 3 client 1", "parent 3 client 1, child 3 client 1", "parent 3, child 3 client 1", "parent 3, child client 1", "parent 3, child"}
		if !slices.Equal(tables, textbook) {
			t.Errorf("the tables are\n%s\nwant\n%s", strings.Join(tables, "\n"), strings.Join(textbook, "\n"))
		}
		if want := "At the end 1 process lives, no connection is open, and there is no zombie."; l.Left != want {
			t.Errorf("it says %q", l.Left)
		}
	}
}

// table tells the sockets of each process.
func table(r *life.Replay, list []life.Process) string {
	var all []string
	for _, p := range list {
		if r.State(p.PID) == life.Gone || r.State(p.PID) == life.Zombie {
			continue
		}
		text := p.Role
		for _, c := range r.Table(p.PID) {
			switch c.Kind {
			case "listening socket":
				text += fmt.Sprintf(" %d", c.FD)
			case "connected socket":
				text += " " + c.Client
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// TestLeft: what faulty servers leave behind is told, and not what happens in between.
func TestLeft(t *testing.T) {
	for _, c := range []struct {
		server string
		scenario.Scenario
		left string
	}{
		{"parent-keeps-connection", scenario.Scenario{Clients: 2}, "2 descriptors of connections are open (FD 4 of "},
		{"reap-once", scenario.Scenario{Clients: 5, Together: true}, "4 zombies are left: "},
		{"reference", scenario.Scenario{Clients: 5, Together: true}, "no connection is open, and there is no zombie"},
		{"never-waits", scenario.Scenario{Clients: 3}, "3 zombies are left: "},
		{"sig-ign", scenario.Scenario{Clients: 2}, "there is no zombie"},
		{"double-fork", scenario.Scenario{Clients: 2}, "there is no zombie"},
		{"threads", scenario.Scenario{Clients: 2}, "no connection is open"},
		{"prefork", scenario.Scenario{Clients: 2}, "no connection is open"},
	} {
		t.Run(c.server, func(t *testing.T) {
			if l := traced(t, builtIn(t, c.server), c.Scenario); !strings.Contains(l.Left, c.left) {
				t.Errorf("it says %q, want %q; %s %s", l.Left, c.left, l.Verdict, l.Found)
			}
		})
	}
}

// TestRequirement: what a requirement provokes, with the fault marked.
func TestRequirement(t *testing.T) {
	l := traced(t, builtIn(t, "reference"), scenario.Scenario{Requirement: "faults/fork-eagain", Clients: 1})
	injected := slices.ContainsFunc(l.Steps, func(s life.Step) bool { return s.Text == "fork() = -1 EAGAIN (injected)" })
	if l.Verdict != report.Pass || !injected {
		t.Errorf("%s: %s; the injected call is shown: %v", l.Verdict, l.Found, injected)
	}
}

// TestLanguages: Python and Go, whose programs start with hundreds of calls.
func TestLanguages(t *testing.T) {
	python, err := exec.LookPath("/usr/bin/python3")
	if err != nil {
		t.Skip(err)
	}
	real, err := filepath.Abs("../selftest/testdata/real")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("python", func(t *testing.T) {
		l := traced(t, targets.Command{Args: []string{python, filepath.Join(real, "forking.py"), targets.PortWord}}, scenario.Scenario{Clients: 1})
		got := steps(l)
		if len(got) < 2 || got[0] != "parent: accept(3) = 4" || got[1] != "parent: fork" {
			t.Errorf("it shows %q; %s", got, l.Found)
		}
	})
	t.Run("go", func(t *testing.T) {
		program := filepath.Join(t.TempDir(), "goecho")
		if out, err := exec.Command("go", "build", "-o", program, filepath.Join(real, "goecho", "main.go")).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if err := os.Chmod(filepath.Dir(program), 0o755); err != nil {
			t.Fatal(err)
		}
		l := traced(t, targets.Command{Args: []string{program, targets.PortWord}}, scenario.Scenario{Clients: 2})
		if l.Verdict != "" || !strings.Contains(l.Left, "no connection is open") {
			t.Errorf("%s %s; %s", l.Verdict, l.Found, l.Left)
		}
	})
}

// TestKilled: a server that is killed while it serves leaves a life that says so.
func TestKilled(t *testing.T) {
	program := filepath.Join(t.TempDir(), "killed")
	source := `#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
	(void)argc;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 5) < 0) return 1;
	accept(fd, NULL, NULL);
	kill(getpid(), SIGKILL);
}`
	compile := exec.Command("cc", "-g", "-x", "c", "-o", program, "-")
	compile.Stdin = strings.NewReader(source)
	if out, err := compile.CombinedOutput(); err != nil {
		t.Skipf("%v\n%s", err, out)
	}
	l := traced(t, targets.Command{Args: []string{program, targets.PortWord}}, scenario.Scenario{Clients: 1})
	last := ""
	place := ""
	for _, s := range l.Steps {
		if s.Kind == life.End {
			last = s.Text
		}
		if s.Call == "accept" && s.Place != nil {
			place = s.Place.String()
		}
	}
	if last != "was killed by SIGKILL" || l.Left != "No process of the server is left." {
		t.Errorf("the last end is %q, and it says %q; %s %s", last, l.Left, l.Verdict, l.Found)
	}
	if !strings.HasPrefix(place, "main (") || !strings.HasSuffix(place, ":10)") {
		t.Errorf("accept is called from %q, want line 10 of main", place)
	}
}

// TestMany: 200 connections, at most 20 at once.
func TestMany(t *testing.T) {
	if testing.Short() {
		t.Skip("200 clients")
	}
	l := traced(t, builtIn(t, "reference"), scenario.Scenario{Clients: 200})
	forks := 0
	for _, s := range l.Steps {
		if s.Kind == life.Fork {
			forks++
		}
	}
	if forks != 200 || !strings.Contains(l.Left, "no connection is open, and there is no zombie") {
		t.Errorf("%d forks; %s; %s %s", forks, l.Left, l.Verdict, l.Found)
	}
}
