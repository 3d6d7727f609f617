package hostiletest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/testbinary"
	"github.com/forkproof/forkproof/targets/catalog"
)

// judgedBy are requirements of every kind: on a server's answers, on its
// processes and descriptors, and on what freeze and thaw force.
var judgedBy = []string{
	"launch/listens", "echo/exact", "descriptors/parent-closes-connection", "descriptors/child-closes-listener",
	"reaping/five-at-once", "termination/child-exits",
}

// programs returns the programs of the hostile servers and of the reference, by
// name.
var programs = sync.OnceValues(func() (map[string]string, error) {
	servers, err := catalog.Hostiles()
	if err != nil {
		return nil, err
	}
	reference, err := catalog.Find(catalog.ReferenceName)
	if err != nil {
		return nil, err
	}
	return new(catalog.Builder).BuildAll(context.Background(), append(servers, reference))
})

// TestHostile judges every hostile server from the usual accounts, or from all. The check ends as
// the server's header says, the grader and the machine are unchanged, and the
// reference, judged next, is conformant.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("judges every hostile server")
	}
	servers, err := catalog.Hostiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range availableAccounts(t) {
		if os.Getenv("FORKPROOF_TEST_TIERS") == "" && !slices.Contains(usual, a.Name) {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			for _, s := range servers {
				if a.Subset && !slices.Contains(representative, s.Name) {
					continue
				}
				t.Run(s.Name, func(t *testing.T) {
					if !contained(s, a) && slices.Contains(unsettled, s.Name) {
						t.Skipf("the isolation %s does not contain it, and it would only exhaust the machine", a.Tier)
					}
					t.Parallel()
					j := job{Flags: checkFlags(s), AfterFlags: judged("reaping/five-at-once")}
					j.NoCheck = s.Name == neverSettles && !a.Slow
					hold(t, s, a, j, runJob(t, s, a, j))
				})
			}
		})
	}
}

// usual are the accounts whose servers every run of the tests judges: those with the most
// and with the least isolation. "make tiers" judges from all.
var usual = []string{"root", "container-user"}

// representative are the servers that an account with Subset judges.
var representative = []string{
	"forged-verdict", "fork-and-exit", "nested-namespaces", "outlives-its-grader", "read-the-grader",
	"trace-the-init", "write-the-grader",
}

// unsettled servers never settle, or settle only at a resource limit, so that
// most requirements wait until their time limit. One requirement is enough to
// show that they are judged.
var unsettled = []string{
	"disk-fill", "fork-and-exit", "fork-bomb", "fork-bomb-later", "hides-its-descriptors", "inode-fill",
	"long-names", "memory-bomb", "memory-in-children", "memory-in-files", "memory-in-segments", "output-flood", "processor-hog",
}

// neverSettles is a server that forks for ever and uses all processors. Its check
// takes the longest wait there is, so only accounts with Slow judge it; the others
// only probe it, which shows how it is ended.
const neverSettles = "fork-and-exit"

// checkFlags returns the flags that select the requirements for a server.
func checkFlags(s catalog.Server) []string {
	if slices.Contains(unsettled, s.Name) {
		return append(judged("echo/exact"), "--start-limit", startLimit)
	}
	return judged(judgedBy...)
}

// startLimit suffices for a server to listen, and to find that whether one
// listens cannot be observed.
const startLimit = "4s"

func judged(ids ...string) []string { return []string{"--only", strings.Join(ids, ",")} }

// runJob completes a job with one server and runs it in a testbed of its own.
func runJob(t *testing.T, s catalog.Server, a account, j job) outcome {
	t.Helper()
	built, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := testbinary.Forkproof()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	j.Uncontained = !contained(s, a)
	processes := maxProcesses
	if j.Uncontained {
		processes = maxProcessesUncontained
	}
	cgroups, err := limitingCgroups(t, processes)
	if err != nil {
		t.Skipf("hostile servers do not run here: %v", err)
	}
	j.Account, j.Folder, j.Cgroups = a, t.TempDir(), cgroups
	j.Server, j.Reference, j.Forkproof, j.Probe = built[s.Name], built[catalog.ReferenceName], binary, self
	o, err := j.inTestbed(t)
	if err != nil {
		t.Fatal(err)
	}
	if contained(s, a) && limitReached(cgroups) {
		t.Errorf("only the testbed's limit of %d processes stopped it", maxProcesses)
	}
	return o
}

// inTestbed runs the job in new namespaces.
func (j job) inTestbed(t *testing.T) (outcome, error) {
	input, err := json.Marshal(j)
	if err != nil {
		return outcome{}, err
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"="+roleTestbed, leaveAtOnce)
	cmd.Stdin = bytes.NewReader(input)
	var stderr capture
	cmd.Stderr = &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		Pdeathsig:  unix.SIGKILL,
		Setsid:     true,
	}
	output, err := cmd.Output()
	if err != nil {
		return outcome{}, fmt.Errorf("run a testbed: %w: %s", err, stderr.String())
	}
	var o outcome
	return o, json.Unmarshal(output, &o)
}

// availableAccounts returns the accounts that the user of the tests can take on.
func availableAccounts(t *testing.T) []account {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("the testbed of hostile servers needs root: sudo -E make test")
	}
	return accounts
}
