package schedule

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// guard bounds a test that hangs; nothing is measured by it.
const guard = 20 * time.Second

// TestEveryFaultHits runs the examples of the table of faults against a server that
// clients use, until each has hit and is undone.
func TestEveryFaultHits(t *testing.T) {
	command, err := catalog.Command(t.Context(), "reference")
	if err != nil {
		t.Skipf("the reference server cannot be built: %v", err)
	}
	for _, kind := range faults.Kinds() {
		for _, form := range kind.Forms {
			t.Run(form.Example, func(t *testing.T) { hitsOnce(t, command, form.Example) })
		}
	}
}

func hitsOnce(t *testing.T, command targets.Command, example string) {
	rule, err := Parse(example, defaults)
	if err != nil {
		t.Fatal(err)
	}
	clients, err := Parse("client=reset:every=20ms:who=server", defaults)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	host, err := targets.NewHost(ctx, targets.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	server, err := host.Start(ctx, command)
	if err != nil {
		t.Fatal(err)
	}
	last := " by " + example
	if rule.lasts() > 0 && !rule.Action.Stops {
		last = example + " is undone\n"
	}
	out := &awaited{text: last, seen: cancel}
	err = New(server, []Rule{rule, clients}, 1, out).Run(ctx, 0)
	var unavailable *faults.Unavailable
	switch {
	case errors.As(err, &unavailable):
		t.Skip(err)
	case err != nil || !strings.Contains(out.String(), last):
		t.Errorf("%v; want the line %q:\n%s", err, last, out)
	}
}

// awaited is a writer that calls seen when a text was written.
type awaited struct {
	mu   sync.Mutex
	all  strings.Builder
	text string
	seen func()
}

func (a *awaited) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, err := a.all.Write(p)
	if strings.Contains(a.all.String(), a.text) {
		a.seen()
	}
	return n, err
}

func (a *awaited) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all.String()
}

// TestUsageNamesEveryFault holds the help against the table of faults.
func TestUsageNamesEveryFault(t *testing.T) {
	usage := Usage()
	for _, kind := range faults.Kinds() {
		if len(kind.Forms) == 0 {
			t.Errorf("%s has no form", kind.Name)
		}
		for _, form := range kind.Forms {
			if form.Does == "" || !strings.Contains(usage, kind.Usage(form)) || !strings.Contains(usage, form.Does) {
				t.Errorf("the help does not say what %s does:\n%s", kind.Usage(form), usage)
			}
		}
	}
	for line := range strings.Lines(usage) {
		if len(line) > lineWidth+1 {
			t.Errorf("the help has a line of %d characters: %q", len(line)-1, line)
		}
	}
}
