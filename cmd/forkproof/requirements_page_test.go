package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/suite/harness"
)

var update = flag.Bool("update", false, "write the table of requirements anew")

const (
	page       = "../../docs/requirements.md"
	tableBegin = "<!-- requirements: written by make golden -->\n"
	tableEnd   = "<!-- end of requirements -->\n"
)

// TestRequirementsPage holds the page with the table of requirements against the catalogue.
func TestRequirementsPage(t *testing.T) {
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), tableBegin)
	old, after, ended := strings.Cut(rest, tableEnd)
	if !found || !ended {
		t.Fatalf("%s has no place for the table of requirements", page)
	}
	table := requirementTable()
	if *update {
		if err := os.WriteFile(page, []byte(before+tableBegin+table+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(old, table); diff != "" {
		t.Errorf("the table differs from the catalogue (make golden writes it anew):\n%s", diff)
	}
}

func requirementTable() string {
	var b strings.Builder
	b.WriteString("| requirement | level | applies to | the server … |\n|---|---|---|---|\n")
	for _, r := range harness.Catalogue() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.ID, r.Level, r.Applies(), r.Title)
	}
	return b.String()
}
