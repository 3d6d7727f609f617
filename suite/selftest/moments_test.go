package selftest

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/diagnose"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/evidence"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets/catalog"
)

// nearest returns the requirements that faulty servers fail first: what a cause shows.
func nearest(t *testing.T) []string {
	t.Helper()
	servers, err := catalog.Servers()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, s := range servers {
		if s.Kind == catalog.Bad {
			ids[s.Breaks[0]] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// TestMoments holds diagnose/moments.json to having what the reference shows, for every
// requirement that a cause shows first. With -update it writes the file.
func TestMoments(t *testing.T) {
	if *update {
		writeMoments(t, "../../diagnose/moments.json")
		return
	}
	moments, err := diagnose.Moments()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range nearest(t) {
		if len(moments[id]) == 0 {
			t.Errorf("%s has no moment of the reference: make golden", id)
		}
	}
}

func writeMoments(t *testing.T, path string) {
	t.Helper()
	all := map[string][]diagnose.Moment{}
	for _, id := range nearest(t) {
		all[id] = momentsOf(t, id)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.NewReplacer(`{"steps":`, "\n{\"steps\":").Replace(string(text)) // a moment a line
	if err := os.WriteFile(path, []byte(lines+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}

// momentsOf judges the reference by one requirement, and returns the last moment before
// each further step.
func momentsOf(t *testing.T, id string) []diagnose.Moment {
	t.Helper()
	command, err := catalog.Command(t.Context(), catalog.ReferenceName)
	if err != nil {
		t.Fatal(err)
	}
	entry, known := harness.Find(id)
	if !known {
		t.Fatalf("no requirement %s", id)
	}
	var list []diagnose.Moment
	config := harness.Config{
		Command: command, Model: harness.Forking, Protocol: harness.Echo, Seed: 1, Limits: harness.DefaultLimits(),
		OnMoment: func(steps int, s match.Snapshot) {
			e := evidence.Of(match.Finding{Snapshot: &s, Clients: s.Clients})
			e.Output = ""
			if n := len(list); n > 0 && list[n-1].Steps == steps {
				list = list[:n-1]
			}
			list = append(list, diagnose.Moment{Steps: steps, Evidence: e})
		},
	}
	run, err := harness.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	}()
	if got := run.Try(t.Context(), entry.Requirement, entry.Spec).Result(); got.Verdict != report.Pass {
		t.Errorf("the reference: %s is %s: %s", id, got.Verdict, got.Found)
	}
	return slices.CompactFunc(list, func(a, b diagnose.Moment) bool {
		first, _ := json.Marshal(a.Evidence)
		second, _ := json.Marshal(b.Evidence)
		return bytes.Equal(first, second)
	})
}
