package page_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report/life"
	"github.com/forkproof/forkproof/report/life/page"
)

func written(t *testing.T, l life.Life) string {
	t.Helper()
	l.Complete()
	var b bytes.Buffer
	if err := page.Write(&b, &l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestInert: what a server says is text on the page.
func TestInert(t *testing.T) {
	const evil = "<script>alert(1)</script>\x1b[2J\u202e\" onload=\"x"
	text := written(t, life.Life{
		Command: []string{evil}, Scenario: evil, Left: evil, Found: evil, Verdict: "fail", Notes: []string{evil},
		Processes: []life.Process{{PID: 7}}, Clients: []life.Client{{Name: evil, Address: "1"}},
		Steps: []life.Step{
			{Kind: life.Call, PID: 7, Text: evil, Errno: evil, Changes: []life.Change{{PID: 7, State: life.Running}, {PID: 7, FD: 3, What: evil, Kind: evil}}},
			{Kind: life.Came, Client: evil, Text: evil + " leaves"},
		},
	})
	if n := strings.Count(text, "<script"); n != 1 {
		t.Errorf("%d scripts, want that of the page alone", n)
	}
	for _, live := range []string{"\x1b", "\u202e", "\" onload=\""} {
		if strings.Contains(text, live) {
			t.Errorf("%q came through", live)
		}
	}
}

// TestLimit: of a long life the page holds the beginning, and says so.
func TestLimit(t *testing.T) {
	l := life.Life{Processes: []life.Process{{PID: 7}}}
	const steps = 20_000
	for i := range steps {
		l.Steps = append(l.Steps, life.Step{
			Kind: life.Call, PID: 7, Text: fmt.Sprint(i),
			Changes: []life.Change{{PID: 7, State: life.Running}, {PID: 7, FD: i % 300, What: "pipe", Kind: "pipe", Object: uint64(i)}},
		})
	}
	text := written(t, l)
	if len(text) > 5<<20 {
		t.Errorf("the page has %d bytes", len(text))
	}
	if !strings.Contains(text, "further steps are left out here") {
		t.Error("it does not say what it leaves out")
	}
}
