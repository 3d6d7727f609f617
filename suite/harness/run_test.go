package harness

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
)

// fake replaces the catalogue by requirements whose specs need no server.
func fake(t *testing.T, entries ...Entry) {
	t.Helper()
	saved := registered
	t.Cleanup(func() { registered = saved })
	registered = nil
	for _, e := range entries {
		e.Level = report.Must
		registered = append(registered, e)
	}
}

func newFakeRun(t *testing.T, limit time.Duration, only ...string) *Run {
	t.Helper()
	r, err := New(Config{Model: Forking, Protocol: Echo, Only: only, Limits: DefaultLimits(), TimeLimit: limit})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func entryOf(id string, spec Spec, buildsOn ...string) Entry {
	return Entry{Requirement: Requirement{ID: id, BuildsOn: buildsOn}, Spec: spec}
}

func passes(*Case) {}

func short(*Case) { panic(outcome{verdict: report.Fail, shortfall: true}) }

func TestShortfall(t *testing.T) {
	fails := func(*Case) { panic(outcome{verdict: report.Fail}) }
	for name, test := range map[string]struct {
		root Spec
		only []string
		want report.Verdict
		run  report.Outcome
	}{
		"the root fails":                      {fails, nil, report.NotRun, report.Nonconformant},
		"the root fails and was not selected": {fails, []string{"a/top"}, report.NotRun, report.Nonconformant},
		"the root passes":                     {passes, nil, report.Fail, report.Nonconformant},
	} {
		t.Run(name, func(t *testing.T) {
			fake(t, entryOf("a/root", test.root), entryOf("a/top", short, "a/root"))
			res := newFakeRun(t, 0, test.only...).Judge(t.Context())
			top := res.Of("a/top")
			if top.Verdict != test.want || res.Verdict != test.run {
				t.Errorf("%s in a run that is %s, want %s and %s", top.Verdict, res.Verdict, test.want, test.run)
			}
			if top.Verdict == report.NotRun && (top.FixFirst != "a/root" || top.Found != "not tested: fix a/root first") {
				t.Errorf("it says %q and names %q", top.Found, top.FixFirst)
			}
			if root := res.Of("a/root"); test.only != nil && (len(root.Done) == 0 || root.Done[0] != "judged because a/top builds on it") {
				t.Errorf("it does not say why it judged the root: %q", root.Done)
			}
		})
	}
}

// A run that is cut short tells what it judged, and nothing else.
func TestCutShort(t *testing.T) {
	waits := func(c *Case) {
		<-c.ctx.Done()
		panic(outcome{verdict: report.Error})
	}
	fails := func(*Case) { panic(outcome{verdict: report.Fail}) }
	for name, test := range map[string]struct {
		limit time.Duration
		found string
	}{
		"by the time limit":  {time.Millisecond, "not reached: the time limit of 1ms was reached"},
		"by an interruption": {0, "not reached: interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			second := func(c *Case) {
				if test.limit == 0 {
					cancel()
				}
				waits(c)
			}
			fake(t, entryOf("a/first", fails), entryOf("a/second", second), entryOf("a/third", passes))
			r := newFakeRun(t, test.limit)
			if test.limit > 0 {
				r.learnt.starved.Add(int64(10 * time.Millisecond)) // it does not count
			}
			r.Verdict(ctx, Catalogue()[0]) // the limit is for Judge, which may come too late for it
			res := r.Judge(ctx)
			if first := res.Of("a/first"); first.Verdict != report.Fail {
				t.Errorf("the first is %s (%s)", first.Verdict, first.Found)
			}
			for _, id := range []string{"a/second", "a/third"} {
				if q := res.Of(id); q.Verdict != report.NotRun || !q.Unreached || q.Found != test.found {
					t.Errorf("%s is %s: %q, want %q", id, q.Verdict, q.Found, test.found)
				}
			}
		})
	}
}

// A panic that is no verdict is forkproof's failure, and ends no other requirement.
func TestPanicIsAnError(t *testing.T) {
	fake(t, entryOf("a/first", func(*Case) { panic("a defect") }), entryOf("a/second", passes))
	res := newFakeRun(t, 0).Judge(t.Context())
	if got := res.Of("a/first"); got.Verdict != report.Error || got.Found != "forkproof failed: a defect" {
		t.Errorf("%s: %s", got.Verdict, got.Found)
	}
	if got := res.Of("a/second").Verdict; got != report.Pass {
		t.Errorf("the next one is %s", got)
	}
}

// What forkproof cannot see of a server it does not look for again: every further
// requirement is an error for the same reason.
func TestUnseenEndsTheRun(t *testing.T) {
	hides := func(c *Case) { c.cannotJudgeAny("the server traces itself") }
	started := 0
	counts := func(*Case) { started++ }
	fake(t, entryOf("a/first", counts), entryOf("a/second", hides), entryOf("a/third", counts), entryOf("a/fourth", counts))
	res := newFakeRun(t, 0).Judge(t.Context())
	for _, id := range []string{"a/second", "a/third", "a/fourth"} {
		if q := res.Of(id); q.Verdict != report.Error || q.Found != "the server traces itself" {
			t.Errorf("%s is %s: %q", id, q.Verdict, q.Found)
		}
	}
	if first := res.Of("a/first"); first.Verdict != report.Pass || started != 1 || res.Verdict != report.NotJudged {
		t.Errorf("the first is %s, %d specs ran, the run is %s", first.Verdict, started, res.Verdict)
	}
}

// TestFaultWithoutControl: a server that stands a fault at once needs no control. One that
// does not fails, though it stands the fault after its control; what it keeps is told from
// what it keeps of a control.
func TestFaultWithoutControl(t *testing.T) {
	for _, test := range []struct {
		name  string
		fails func(*Case) bool
		stood bool
		want  report.Verdict
		tries int
	}{
		{"stands it", func(*Case) bool { return false }, true, report.Pass, 1},
		{"fails once", func(c *Case) bool { return !c.controlled }, false, report.Fail, 2},
		{"keeps as much as without", func(c *Case) bool { return !c.controlled }, true, report.Pass, 2},
		{"fails always", func(*Case) bool { return true }, false, report.Fail, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			tries := 0
			fake(t, entryOf("a/one", func(c *Case) {
				tries++
				c.uncontrolled, c.stood = !c.controlled && c.sound(), test.stood
				if test.fails(c) {
					c.Fail(match.Finding{Found: "it ended"})
				}
			}))
			res := newFakeRun(t, time.Minute).Judge(t.Context())
			if q := res.Of("a/one"); q.Verdict != test.want || tries != test.tries {
				t.Errorf("%v after %d tries, want %v after %d", q.Verdict, tries, test.want, test.tries)
			}
		})
	}
}

// TestJobs judges requirements that each wait until the other is judged, too. The root
// is judged before all others.
func TestJobs(t *testing.T) {
	var met sync.WaitGroup
	met.Add(2)
	meets := func(*Case) { met.Done(); met.Wait() }
	root := false
	fake(t, entryOf(listens, func(*Case) { root = true }), entryOf("a/one", meets), entryOf("a/two", meets))
	r := newFakeRun(t, time.Minute)
	r.config.Jobs = 3
	if res := r.Judge(t.Context()); res.Summary[report.Pass] != 3 || !root {
		t.Errorf("%d of 3 requirements pass", res.Summary[report.Pass])
	}
}
