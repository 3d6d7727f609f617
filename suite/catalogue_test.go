package suite_test

import (
	"os"
	"path/filepath"
	"strings"
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

// TestChaptersKnowNoProtocol checks that the specs speak through the verbs of the harness:
// only the chapters of a protocol say themselves what is sent.
func TestChaptersKnowNoProtocol(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files of specs: %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		knows := strings.Contains(string(text), `"github.com/forkproof/forkproof/clients/protocol"`)
		own := name == "echo.go" || name == "dialogue.go" || strings.HasPrefix(name, "http")
		if knows && !own && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s imports clients/protocol, and is no chapter of a protocol", name)
		}
	}
}
