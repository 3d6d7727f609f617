package selftest

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// burners is how many processes compete with a loaded run: three times the
// two processors of a small CI machine.
const burners = 6

const burnVariable = "FORKPROOF_TEST_BURN"

// TestFlake judges every server again and again, half of the time under load.
// A verdict that differs between runs is a defect of forkproof.
func TestFlake(t *testing.T) {
	if *runs == 0 {
		t.Skip("judges every server many times: make flake RUNS=5")
	}
	list := servers(t)
	seen := map[string]map[string][]string{} // server, verdicts, runs
	for run := range *runs {
		name := fmt.Sprintf("run %d idle", run+1)
		relieve := func() {}
		if run%2 == 1 {
			name = fmt.Sprintf("run %d loaded", run+1)
			relieve = load(t)
		}
		for _, j := range judgeAll(t, list) {
			verdicts := seen[j.server.Name]
			if verdicts == nil {
				verdicts = map[string][]string{}
				seen[j.server.Name] = verdicts
			}
			key := verdictsOf(j)
			verdicts[key] = append(verdicts[key], name)
		}
		relieve()
		t.Log(name)
	}
	differing := 0
	for _, server := range list {
		if verdicts := seen[server.Name]; len(verdicts) > 1 {
			differing++
			t.Errorf("%s: verdicts differ between runs:\n%s", server.Name, explain(verdicts))
		}
	}
	t.Logf("%d servers judged %d times, %d with verdicts that differ", len(list), *runs, differing)
}

func verdictsOf(j judged) string {
	lines := make([]string, len(j.result.Requirements))
	for i, r := range j.result.Requirements {
		lines[i] = fmt.Sprintf("%s %s", r.ID, r.Verdict)
	}
	return strings.Join(lines, "\n")
}

// explain lists only the lines in which the verdicts differ.
func explain(verdicts map[string][]string) string {
	var b strings.Builder
	var common []string
	for key := range verdicts {
		lines := strings.Split(key, "\n")
		if common == nil {
			common = lines
		}
		common = slices.DeleteFunc(slices.Clone(common), func(line string) bool { return !slices.Contains(lines, line) })
	}
	for key, in := range verdicts {
		own := slices.DeleteFunc(strings.Split(key, "\n"), func(line string) bool { return slices.Contains(common, line) })
		fmt.Fprintf(&b, "  in %s: %s\n", strings.Join(in, ", "), strings.Join(own, ", "))
	}
	return b.String()
}

// load keeps every processor busy until the function it returns is called.
func load(t *testing.T) (relieve func()) {
	t.Helper()
	var started []*exec.Cmd
	for range burners {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), burnVariable+"=1", "GOMAXPROCS=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		started = append(started, cmd)
	}
	end := func() {
		for _, cmd := range started {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		started = nil
	}
	t.Cleanup(end)
	return end
}

// burn is what a load process does.
func burn() {
	for {
		continue
	}
}
