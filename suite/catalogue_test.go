package suite_test

import (
	"testing"

	"github.com/forkproof/forkproof/suite/harness"
)

// TestBuildsOn holds what requirements build on: requirements of the catalogue, in no
// circle, and every one in the end on a server that listens.
func TestBuildsOn(t *testing.T) {
	for _, e := range harness.Catalogue() {
		for _, id := range e.BuildsOn {
			if _, known := harness.Find(id); !known {
				t.Errorf("%s builds on %s, which is no requirement", e.ID, id)
			}
		}
		listens := e.ID == "launch/listens"
		for _, foundation := range harness.Foundations(e.Requirement) {
			listens = listens || foundation.ID == "launch/listens"
			for _, below := range harness.Foundations(foundation.Requirement) {
				if below.ID == e.ID {
					t.Errorf("%s and %s build on each other", e.ID, foundation.ID)
				}
			}
		}
		if !listens {
			t.Errorf("%s does not build on launch/listens", e.ID)
		}
	}
}
