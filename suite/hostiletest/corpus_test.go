package hostiletest

import (
	"bytes"
	"context"
	"encoding/json"
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

// judgedBy are some requirements of every kind: what a server answers, what
// the kernel shows of its processes and descriptors, and what is forced.
var judgedBy = []string{
	"launch/listens", "echo/exact", "descriptors/parent-closes-connection", "reaping/five-at-once", "termination/child-exits",
}

// programs are the built servers by name, the reference among them.
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

// TestHostile has every hostile server judged by every persona. It ends as the
// server's header says; the grader and its machine are as they were; and the
// reference, judged right afterwards, is conformant.
func TestHostile(t *testing.T) {
	servers, err := catalog.Hostiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range possible(t) {
		t.Run(p.Name, func(t *testing.T) {
			for _, s := range servers {
				if p.Few && !slices.Contains(telling, s.Name) {
					continue
				}
				t.Run(s.Name, func(t *testing.T) {
					if !contained(s, p) && slices.Contains(restless, s.Name) {
						t.Skipf("the isolation %s does not contain it, and all it would do is to wear out the machine", p.Tier)
					}
					t.Parallel()
					j := job{Flags: only(s), AfterFlags: judged("reaping/five-at-once")}
					j.NoCheck = s.Name == everChanging && !p.Patient
					hold(t, s, p, j, caged(t, s, p, j))
				})
			}
		})
	}
}

// telling are the servers that a persona judges who judges few.
var telling = []string{
	"forged-verdict", "fork-and-exit", "nested-namespaces", "outlives-its-grader", "read-the-grader",
	"trace-the-keeper", "write-the-grader",
}

// restless servers never come to rest, or not where one sees it, or only when
// they have used up all that they may, so that most requirements wait for as
// long as they may: one is enough to see that they are judged.
var restless = []string{
	"disk-fill", "fork-and-exit", "fork-bomb", "fork-bomb-later", "hides-its-descriptors", "inode-fill",
	"long-names", "memory-bomb", "memory-in-children", "memory-in-files", "output-flood", "processor-hog",
}

// everChanging never comes to rest and takes all processors meanwhile. Its check
// waits for as long as a wait can take, and how it is ended then is seen when it
// is probed: so only a persona who is Patient has it judged.
const everChanging = "fork-and-exit"

// only is how forkproof is told what to judge a server by.
func only(s catalog.Server) []string {
	if slices.Contains(restless, s.Name) {
		return append(judged("echo/exact"), "--start-limit", startLimit)
	}
	return judged(judgedBy...)
}

// startLimit is enough for a server to listen, and to find that one cannot be
// seen to do so.
const startLimit = "4s"

func judged(ids ...string) []string { return []string{"--json", "-", "--only", strings.Join(ids, ",")} }

// caged has a persona do a job with one server in a cage of its own.
func caged(t *testing.T, s catalog.Server, p persona, j job) outcome {
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
	j.Threatened = !contained(s, p)
	processes := fuseProcesses
	if j.Threatened {
		processes = fuseThreatened
	}
	cgroups, err := fuse(t, processes)
	if err != nil {
		t.Skipf("hostile servers do not run here: %v", err)
	}
	j.Persona, j.Stage, j.Cgroups = p, t.TempDir(), cgroups
	j.Server, j.Reference, j.Forkproof, j.Probe = built[s.Name], built[catalog.ReferenceName], binary, self
	o, err := j.inCage(t)
	if err != nil {
		t.Fatal(err)
	}
	if contained(s, p) && blown(cgroups) {
		t.Errorf("only the fuse of %d processes stopped it", fuseProcesses)
	}
	return o
}

// inCage runs a job in new namespaces.
func (j job) inCage(t *testing.T) (outcome, error) {
	input, err := json.Marshal(j)
	if err != nil {
		return outcome{}, err
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"="+roleCage, leaveAtOnce)
	cmd.Stdin = bytes.NewReader(input)
	cmd.Stderr = &capture{}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		Pdeathsig:  unix.SIGKILL,
		Setsid:     true,
	}
	output, err := cmd.Output()
	if err != nil {
		return outcome{}, &cageError{err, cmd.Stderr.(*capture).String()}
	}
	var o outcome
	return o, json.Unmarshal(output, &o)
}

// A cageError is a cage that failed, with what it said.
type cageError struct {
	err  error
	said string
}

func (e *cageError) Error() string { return e.err.Error() + ": " + e.said }

// mostListed bounds how much is told of what a server left.
const mostListed = 20

// manyNames is the server that has forkproof keep as much as it can, and
// mostMemoryKiB is more than forkproof needs to judge it.
const manyNames = "long-names"

const mostMemoryKiB = 300 << 10

// hold holds what came out against the server's header.
func hold(t *testing.T, s catalog.Server, p persona, j job, o outcome) {
	t.Helper()
	t.Logf("check %v with %d MiB, probe %v, reference %v", o.Check.Took, o.Check.MaxRSSKiB>>10, o.Probe.Took, o.After.Took)
	if !contained(s, p) {
		survives(t, s, p, o.Check)
		return
	}
	notJudged := j.NoCheck
	if !j.NoCheck {
		notJudged = judgedAsExpected(t, s, p, o.Check) == report.NotJudged
	}
	if got := resultOf(t, o.After); got.Verdict != report.Conformant {
		t.Errorf("the reference, judged next, is %s:\n%s", got.Verdict, o.After.explain())
	}
	for name, r := range map[string]ran{"check": o.Check, "probe": o.Probe, "check of the reference": o.After} {
		if len(r.Left) > 0 {
			t.Errorf("the %s left its mark:\n%s", name, strings.Join(r.Left[:min(len(r.Left), mostListed)], "\n"))
		}
		if s.Name == manyNames && r.MaxRSSKiB > mostMemoryKiB { // those of servers count, too
			t.Errorf("the %s used %d KiB of memory, more than %d", name, r.MaxRSSKiB, mostMemoryKiB)
		}
		if strings.Contains(r.Stdout+r.Stderr, canary) {
			t.Errorf("the %s told a secret:\n%s", name, r.Stdout)
		}
	}
	if len(o.Reached) > 0 {
		t.Errorf("it reached the outside: %s", strings.Join(o.Reached, ", "))
	}
	if !strings.Contains(o.Probe.Stdout, doneLine) && !notJudged && !unseen(s, o.Probe) {
		t.Errorf("it did not come to its end:\n%s", o.Probe.explain())
	}
	for _, line := range lines(o.Probe.Stdout) {
		if strings.HasPrefix(line, "hostile: achieved") {
			t.Errorf("it says: %s", line)
		}
	}
}

// unseen says that the probe was kept from seeing the server, and says so, where
// an error is what a check of that server may end in. What is seen of one that
// hides hangs on the moment, and need not be the same for both.
func unseen(s catalog.Server, probe ran) bool {
	return s.Threat.Expect == catalog.ExpectConformantOrError && probe.Code == 1 &&
		strings.Contains(probe.Stderr, "whether the server listens cannot be seen")
}

// contained says whether the threat is one that the persona's isolation contains.
func contained(s catalog.Server, p persona) bool {
	if s.Threat == nil {
		return true
	}
	return slices.Index(catalog.Tiers(), p.Tier) <= slices.Index(catalog.Tiers(), s.Threat.From)
}

// survives says what became of forkproof where the isolation does not contain
// the threat: it tells a verdict or the reason for none, unless it was ended.
func survives(t *testing.T, s catalog.Server, p persona, r ran) {
	t.Helper()
	if r.Code != 0 && r.Code != 1 && r.Code != 3 {
		t.Logf("the isolation %s does not contain it: forkproof's end was: %s", p.Tier, r.Ended)
		return
	}
	got := resultOf(t, r)
	if s.Threat.Expect == catalog.ExpectNonconformant && got.Verdict == report.Conformant {
		t.Errorf("it has hidden its fault:\n%s", r.explain())
	}
	t.Logf("the isolation %s does not contain it: it is %s", p.Tier, got.Verdict)
}

// judgedAsExpected holds how a check ended against the header, and says how.
func judgedAsExpected(t *testing.T, s catalog.Server, p persona, r ran) report.Outcome {
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
	if got.Verdict != "" && !strings.HasPrefix(got.Environment.Isolation, p.Tier) {
		t.Errorf("it was judged with the isolation %q, want %s: %s", got.Environment.Isolation, p.Tier, got.Environment.IsolationReason)
	}
	return got.Verdict
}

// resultOf reads the result that a check wrote.
func resultOf(t *testing.T, r ran) report.Result {
	t.Helper()
	var result report.Result
	if err := json.Unmarshal([]byte(r.Stdout), &result); err != nil {
		t.Errorf("there is no result: %v\n%s", err, r.explain())
	}
	return result
}

// explain says how a program ended, and what it did not judge well.
func (r ran) explain() string {
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

// possible are the personas that whoever runs the tests can be.
func possible(t *testing.T) []persona {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a cage for hostile servers takes root, its cgroups and namespaces: sudo -E make test")
	}
	return personas
}
