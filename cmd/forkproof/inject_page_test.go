package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/faults/schedule"
)

const (
	faultsPage = "../../docs/faults.md"
	rulesBegin = "<!-- rules: written by make golden -->\n"
	rulesEnd   = "<!-- end of rules -->\n"
)

// TestFaultsPage holds the page about inject against the table of faults.
func TestFaultsPage(t *testing.T) {
	data, err := os.ReadFile(faultsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), rulesBegin)
	old, after, ended := strings.Cut(rest, rulesEnd)
	if !found || !ended {
		t.Fatalf("%s has no place for the rules", faultsPage)
	}
	rules := "```\n" + schedule.Usage() + "```\n"
	if *update {
		if err := os.WriteFile(faultsPage, []byte(before+rulesBegin+rules+rulesEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(old, rules); diff != "" {
		t.Errorf("the rules differ from the table of faults (make golden writes them anew):\n%s", diff)
	}
}
