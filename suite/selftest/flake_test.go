package selftest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/forkproof/forkproof/targets/catalog"
)

// burners is the number of processes that compete with a loaded run: three times
// the two processors of a small CI machine.
const burners = 6

// batch is the number of servers that are judged *runs times before others are, if
// -within limits the time.
const batch = 12

const burnVariable = "FORKPROOF_TEST_BURN"

// TestFlake judges every server several times, half of them under load. A verdict
// that differs between runs is a defect of forkproof.
func TestFlake(t *testing.T) {
	if *runs == 0 {
		t.Skip("judges every server many times: make flake RUNS=5")
	}
	list := slices.DeleteFunc(servers(t), func(s catalog.Server) bool {
		return *speaking != "" && !slices.Contains(strings.Split(*speaking, ","), s.Protocol)
	})
	atOnce := len(list)
	if *within > 0 {
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		atOnce = batch
	}
	done, differing := 0, 0
	begin := time.Now()
	for some := range slices.Chunk(list, atOnce) {
		if *within > 0 && time.Since(begin) > *within {
			break
		}
		done, differing = done+len(some), differing+differ(t, some)
	}
	t.Logf("%d of %d servers judged %d times, %d with verdicts that differ", done, len(list), *runs, differing)
}

// differ judges some servers, and returns for how many the verdicts differ.
func differ(t *testing.T, list []catalog.Server) (differing int) {
	t.Helper()
	seen := map[string]outcomes{} // by server
	for _, server := range list {
		seen[server.Name] = outcomes{}
	}
	for run := range *runs {
		// Each check judges as many requirements at once as there are processors.
		name, relieve, atOnce := fmt.Sprintf("run %d idle", run+1), func() {}, 2
		if run%2 == 1 {
			// With so many checks the burners do not get most of the machine.
			name, relieve, atOnce = fmt.Sprintf("run %d loaded", run+1), load(t), 3*burners/runtime.NumCPU()
		}
		begin := time.Now()
		all := judgeAll(t, list, atOnce)
		list = quickestFirst(all) // all starts with the last
		for _, j := range all {
			verdicts := seen[j.server.Name]
			verdicts[verdictsOf(j)] = append(verdicts[verdictsOf(j)], outcome{name, j})
			if len(verdicts) > 1 && len(verdicts[verdictsOf(j)]) == 1 {
				t.Logf("%s: %s differs from the runs before:%s", name, j.server.Name, details(j))
			}
		}
		relieve()
		t.Logf("%s took %v; most of it:%s", name, time.Since(begin).Round(time.Second), slowest(all))
	}
	for _, server := range list {
		if verdicts := seen[server.Name]; len(verdicts) > 1 {
			differing++
			t.Errorf("%s: verdicts differ between runs:\n%s", server.Name, explain(verdicts))
		}
	}
	return differing
}

// quickestFirst returns the servers in the order of the time that their check took.
func quickestFirst(all []judged) []catalog.Server {
	all = slices.SortedFunc(slices.Values(all), func(a, b judged) int { return cmp.Compare(a.took, b.took) })
	list := make([]catalog.Server, len(all))
	for i, j := range all {
		list[i] = j.server
	}
	return list
}

// slowest lists the servers that took longest to judge.
func slowest(all []judged) string {
	var b strings.Builder
	all = slices.SortedFunc(slices.Values(all), func(a, b judged) int { return cmp.Compare(b.took, a.took) })
	for _, j := range all[:min(20, len(all))] {
		fmt.Fprintf(&b, "\n  %-24s %5.1f s, %5.1f s of processor time", j.server.Name, j.took.Seconds(), j.used.Seconds())
	}
	return b.String()
}

// outcomes are the runs of one server by their verdicts.
type outcomes map[string][]outcome

type outcome struct {
	run string
	judged
}

func verdictsOf(j judged) string {
	lines := make([]string, len(j.result.Requirements))
	for i, r := range j.result.Requirements {
		lines[i] = fmt.Sprintf("%s %s", r.ID, r.Verdict)
	}
	return strings.Join(lines, "\n")
}

// explain lists only the lines in which the verdicts differ.
func explain(verdicts outcomes) string {
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
		runs := make([]string, len(in))
		for i, one := range in {
			runs[i] = one.run
		}
		fmt.Fprintf(&b, "  in %s: %s\n", strings.Join(runs, ", "), strings.Join(own, ", "))
	}
	return b.String()
}

// load keeps every processor busy until the returned function is called.
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
