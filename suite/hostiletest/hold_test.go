package hostiletest

import (
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

// mostListed limits the list of what a server left.
const mostListed = 20

// manyNames is the server that makes forkproof keep as much as it can.
const manyNames = "long-names"

// mostMemoryKiB is more than forkproof needs to judge it.
const mostMemoryKiB = 300 << 10

// hold compares an outcome with the server's header.
func hold(t *testing.T, s catalog.Server, a account, j job, o outcome) {
	t.Helper()
	t.Logf("check %v with %d MiB, probe %v, reference %v", o.Check.Took, o.Check.MaxRSSKiB>>10, o.Probe.Took, o.After.Took)
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
		if s.Name == manyNames && r.MaxRSSKiB > mostMemoryKiB { // that of servers counts, too
			t.Errorf("the %s used %d KiB of memory, more than %d", name, r.MaxRSSKiB, mostMemoryKiB)
		}
		if strings.Contains(string(r.Stdout)+r.Stderr, canary) {
			t.Errorf("the %s reveals a secret:\n%s", name, r.Stdout)
		}
	}
	if len(o.Reached) > 0 {
		t.Errorf("it reached the outside: %s", strings.Join(o.Reached, ", "))
	}
	if !strings.Contains(string(o.Probe.Stdout), doneLine) && !notJudged && !unseen(s, o.Probe) {
		t.Errorf("it did not reach its end:\n%s", o.Probe.explain())
	}
	for _, line := range lines(string(o.Probe.Stdout)) {
		if strings.HasPrefix(line, "hostile: achieved") {
			t.Errorf("it says: %s", line)
		}
	}
}

// unseen reports whether the probe could not observe the server and says so, for
// a server whose check may end in an error. Check and probe may differ here: how
// much of a hiding server is visible depends on the moment.
func unseen(s catalog.Server, probe runResult) bool {
	return s.Threat.Expect == catalog.ExpectConformantOrError && probe.ExitCode == 1 &&
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
	if r.ExitCode != 0 && r.ExitCode != 1 && r.ExitCode != 3 {
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
		catalog.ExpectError:             {report.NotJudged},
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

// resultOf returns the result of a check.
func resultOf(t *testing.T, r runResult) report.Result {
	t.Helper()
	if r.Err != "" {
		t.Errorf("there is no result: %s", r.explain())
	}
	return r.Result
}
