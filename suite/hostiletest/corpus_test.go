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

	"github.com/forkproof/forkproof/internal/undertest"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

// judgedBy are requirements of every kind: on a server's answers, on its
// processes and descriptors, and on what freeze and thaw force.
var judgedBy = []string{
	"launch/listens", "echo/exact", "descriptors/parent-closes-connection", "reaping/five-at-once", "termination/child-exits",
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

// TestHostile judges every hostile server from every account. The check ends as
// the server's header says, the grader and the machine are unchanged, and the
// reference, judged next, is conformant.
func TestHostile(t *testing.T) {
	servers, err := catalog.Hostiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range availableAccounts(t) {
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

// representative are the servers that an account with Subset judges.
var representative = []string{
	"forged-verdict", "fork-and-exit", "nested-namespaces", "outlives-its-grader", "read-the-grader",
	"trace-the-keeper", "write-the-grader",
}

// unsettled servers never settle, or settle only at a resource limit, so that
// most requirements wait until their time limit. One requirement is enough to
// show that they are judged.
var unsettled = []string{
	"disk-fill", "fork-and-exit", "fork-bomb", "fork-bomb-later", "hides-its-descriptors", "inode-fill",
	"memory-bomb", "memory-in-children", "memory-in-files", "output-flood", "processor-hog",
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

func judged(ids ...string) []string { return []string{"--json", "-", "--only", strings.Join(ids, ",")} }

// runJob completes a job with one server and runs it in a testbed of its own.
func runJob(t *testing.T, s catalog.Server, a account, j job) outcome {
	t.Helper()
	built, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := undertest.Forkproof()
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

// mostListed limits the list of what a server left.
const mostListed = 20

// hold compares an outcome with the server's header.
func hold(t *testing.T, s catalog.Server, a account, j job, o outcome) {
	t.Helper()
	t.Logf("check %v, probe %v, reference %v", o.Check.Took, o.Probe.Took, o.After.Took)
	if !contained(s, a) {
		logEnd(t, s, a, o.Check)
		return
	}
	notJudged := j.NoCheck
	if !j.NoCheck {
		notJudged = judgedAsExpected(t, s, a, o.Check) == report.NotJudged
	}
	if got := resultOf(t, o.After); got.Verdict != report.Conformant {
		t.Errorf("the reference, judged next, is %s:\n%s", got.Verdict, o.After.explain())
	}
	for name, r := range map[string]runResult{"check": o.Check, "probe": o.Probe, "check of the reference": o.After} {
		if len(r.Left) > 0 {
			t.Errorf("the %s changed the machine:\n%s", name, strings.Join(r.Left[:min(len(r.Left), mostListed)], "\n"))
		}
		if strings.Contains(r.Stdout+r.Stderr, canary) {
			t.Errorf("the %s reveals a secret:\n%s", name, r.Stdout)
		}
	}
	if len(o.Reached) > 0 {
		t.Errorf("it reached the outside: %s", strings.Join(o.Reached, ", "))
	}
	if !strings.Contains(o.Probe.Stdout, doneLine) && !notJudged && !unseen(s, o.Probe) {
		t.Errorf("it did not reach its end:\n%s", o.Probe.explain())
	}
	for _, line := range lines(o.Probe.Stdout) {
		if strings.HasPrefix(line, "hostile: achieved") {
			t.Errorf("it says: %s", line)
		}
	}
}

// unseen reports whether the probe could not observe the server and says so, for
// a server whose check may end in an error. Check and probe may differ here: how
// much of a hiding server is visible depends on the moment.
func unseen(s catalog.Server, probe runResult) bool {
	return s.Threat.Expect == catalog.ExpectConformantOrError && probe.Code == 1 &&
		strings.Contains(probe.Stderr, "whether the server listens cannot be seen")
}

// contained reports whether the account's isolation contains the server's threat.
func contained(s catalog.Server, a account) bool {
	if s.Threat == nil {
		return true
	}
	return slices.Index(catalog.Tiers(), a.Tier) <= slices.Index(catalog.Tiers(), s.Threat.From)
}

// logEnd logs how forkproof ended where the isolation does not contain the
// threat. Unless it was killed, it prints a verdict or the reason for none.
func logEnd(t *testing.T, s catalog.Server, a account, r runResult) {
	t.Helper()
	if r.Code != 0 && r.Code != 1 && r.Code != 3 {
		t.Logf("the isolation %s does not contain it: forkproof's end was: %s", a.Tier, r.Ended)
		return
	}
	got := resultOf(t, r)
	if s.Threat.Expect == catalog.ExpectNonconformant && got.Verdict == report.Conformant {
		t.Errorf("it has hidden its fault:\n%s", r.explain())
	}
	t.Logf("the isolation %s does not contain it: it is %s", a.Tier, got.Verdict)
}

// judgedAsExpected compares the verdict of a check with the header, and returns
// the verdict.
func judgedAsExpected(t *testing.T, s catalog.Server, a account, r runResult) report.Outcome {
	t.Helper()
	got := resultOf(t, r)
	ends := map[string][]report.Outcome{
		catalog.ExpectConformant:        {report.Conformant},
		catalog.ExpectConformantOrError: {report.Conformant, report.NotJudged},
		catalog.ExpectNonconformant:     {report.Nonconformant},
		catalog.ExpectJudged:            {report.Conformant, report.Nonconformant},
		catalog.ExpectJudgedOrError:     {report.Conformant, report.Nonconformant, report.NotJudged},
	}[s.Threat.Expect]
	if !slices.Contains(ends, got.Verdict) {
		t.Errorf("it is %s, want %s:\n%s", got.Verdict, s.Threat.Expect, r.explain())
	}
	for _, q := range got.Requirements {
		if q.DurationMS > 1000 {
			t.Logf("%s %s %s took %v ms", q.ID, q.Verdict, q.Found, q.DurationMS)
		}
		if q.Verdict == report.Error && q.Found == "" {
			t.Errorf("%s is an error without a reason", q.ID)
		}
	}
	if got.Verdict != "" && !strings.HasPrefix(got.Environment.Isolation, a.Tier) {
		t.Errorf("it was judged with the isolation %q, want %s: %s", got.Environment.Isolation, a.Tier, got.Environment.IsolationReason)
	}
	return got.Verdict
}

// resultOf returns the result that a check wrote.
func resultOf(t *testing.T, r runResult) report.Result {
	t.Helper()
	var result report.Result
	if err := json.Unmarshal([]byte(r.Stdout), &result); err != nil {
		t.Errorf("there is no result: %v\n%s", err, r.explain())
	}
	return result
}

// explain returns how a program ended, its messages, and its failures and errors.
func (r runResult) explain() string {
	var b strings.Builder
	b.WriteString(r.Ended + "\n" + r.Stderr)
	var result report.Result
	if json.Unmarshal([]byte(r.Stdout), &result) != nil {
		return b.String() + r.Stdout
	}
	for _, q := range result.Requirements {
		if q.Verdict == report.Fail || q.Verdict == report.Error {
			b.WriteString(q.ID + " " + string(q.Verdict) + ": " + q.Found + " | " + q.Diagnosis + "\n")
			if q.Evidence != nil {
				b.WriteString(q.Evidence.Output + "\n")
			}
		}
	}
	return b.String()
}

// availableAccounts returns the accounts that the user of the tests can take on.
func availableAccounts(t *testing.T) []account {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("the testbed of hostile servers needs root: sudo -E make test")
	}
	return accounts
}
