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
		"epoll-exits-on-eintr": {"echo/half-close"},
		"iterative":            {"faults/accept-econnaborted", "faults/closed-stdio", "descriptors/low-limit", "signals/storm", "termination/idle-is-idle"},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := catalog.Find(name)
			if err != nil {
				t.Fatal(err)
			}
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
			for _, q := range j.result.Requirements {
				if slices.Contains(ids, q.ID) && q.Verdict != report.Pass {
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
	waits, err := catalog.Find("waits-for-child")
	if err != nil {
		t.Fatal(err)
	}
	storms, err := catalog.Find("forks-after-failed-accept")
	if err != nil {
		t.Fatal(err)
	}
	server, possible := catalog.Pair(waits, storms)
	if !possible {
		t.Fatal("the two defects are in one step")
	}
	path, err := new(catalog.Builder).Build(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	g, err := newGrader("--only", "concurrency/second-client,faults/no-fork-storm,faults/accept-emfile,faults/accept-emfile-idle")
	if err != nil {
		t.Fatal(err)
	}
	j, err := g.one(t.Context(), server, path)
	if err != nil {
		t.Fatal(err)
	}
	storm := j.result.Of("faults/no-fork-storm")
	if storm.Verdict != report.Fail || !strings.Contains(storm.Found, "were forked while the connection of client 3 waited") {
		t.Errorf("%s: %s", storm.Verdict, storm.Found)
	}
	for _, id := range []string{"faults/accept-emfile", "faults/accept-emfile-idle"} {
		if q := j.result.Of(id); q.Verdict != report.NotRun || q.FixFirst != storm.ID {
			t.Errorf("%s: %s, %s", id, q.Verdict, q.Found)
		}
	}
}
