package selftest

import (
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

// What a defect leaves behind, or keeps waiting, does not hide how a server stands what
// has nothing to do with that.
func TestDefectHidesNothingElse(t *testing.T) {
	t.Parallel()
	for name, ids := range map[string][]string{
		"never-waits":             {"faults/accept-econnaborted", "faults/fork-eagain", "faults/ignored-sigchld"},
		"parent-keeps-connection": {"faults/accept-econnaborted", "faults/short-read", "reaping/sequential"},
		"closes-late":             {"faults/read-econnreset", "reaping/sequential"},
		"waits-for-child": {
			"faults/accept-econnaborted", "faults/accept-emfile", "faults/fork-eagain", "faults/slow-fork", "faults/short-write",
			"faults/read-econnreset", "descriptors/no-growth", "descriptors/parent-closes-connection", "concurrency/burst",
			"signals/stop-continue", "signals/broken-pipe", "termination/client-sees-eof", "termination/killed-child-frees-client",
		},
		"one-message": {
			"launch/serves-again", "descriptors/parent-closes-connection", "reaping/one-of-two", "reaping/stopped-child",
			"termination/child-exits-on-reset", "signals/stop-continue", "faults/accept-econnaborted", "faults/fork-eagain",
		},
		"epoll-exits-on-eintr": {"echo/half-close"},
		"iterative":            {"faults/accept-econnaborted", "faults/closed-stdio", "descriptors/low-limit", "signals/storm", "termination/idle-is-idle"},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := catalog.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range judgeOnly(t, server, ids) {
				if q.Verdict != report.Pass {
					t.Errorf("%s: %s: %s %s", q.ID, q.Verdict, q.Found, q.Diagnosis)
				}
			}
		})
	}
}

// A parent that waits for each child does not come to call accept while a client stays.
// Without one it forks a child at a time for the clients that accept does not return, and
// that ends at once: this is a storm, too.
func TestWaitHidesNoForkStorm(t *testing.T) {
	t.Parallel()
	ids := []string{"concurrency/second-client", "faults/no-fork-storm", "faults/accept-emfile", "faults/accept-emfile-idle"}
	for _, q := range judgeOnly(t, withBoth(t, "waits-for-child", "forks-after-failed-accept"), ids) {
		switch {
		case q.ID == "concurrency/second-client":
		case q.ID == "faults/no-fork-storm":
			if q.Verdict != report.Fail || !strings.Contains(q.Found, "were forked while the connection of client 3 waited") {
				t.Errorf("%s: %s", q.Verdict, q.Found)
			}
		case q.Verdict != report.NotRun || q.FixFirst != "faults/no-fork-storm":
			t.Errorf("%s: %s, %s", q.ID, q.Verdict, q.Found)
		}
	}
}

// A server that answers only the first message fails, too, for what else is wrong with it.
func TestDefectBesideOneMessage(t *testing.T) {
	t.Parallel()
	for name, ids := range map[string][]string{
		"never-waits":             {"reaping/one", "reaping/killed-child"},
		"wait-loop":               {"reaping/one-of-two"},
		"waits-on-stop":           {"reaping/stopped-child", "signals/stop-continue"},
		"parent-keeps-connection": {"descriptors/parent-closes-connection", "termination/client-sees-eof"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, q := range judgeOnly(t, withBoth(t, "one-message", name), ids) {
				if q.Verdict != report.Fail {
					t.Errorf("%s: %s: %s %s", q.ID, q.Verdict, q.Found, q.Diagnosis)
				}
			}
		})
	}
}

// withBoth returns a server with two defects.
func withBoth(t *testing.T, one, other string) catalog.Server {
	t.Helper()
	first, err := catalog.Find(one)
	if err != nil {
		t.Fatal(err)
	}
	second, err := catalog.Find(other)
	if err != nil {
		t.Fatal(err)
	}
	server, possible := catalog.Pair(first, second)
	if !possible {
		t.Fatalf("%s and %s change the same step", one, other)
	}
	return server
}

// judgeOnly returns the verdicts on some requirements.
func judgeOnly(t *testing.T, server catalog.Server, ids []string) []report.Requirement {
	t.Helper()
	path, err := new(catalog.Builder).Build(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	g, err := newGrader("--only", strings.Join(ids, ","))
	if err != nil {
		t.Fatal(err)
	}
	j, err := g.one(t.Context(), server, path)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(j.result.Requirements, func(q report.Requirement) bool { return !slices.Contains(ids, q.ID) })
}
