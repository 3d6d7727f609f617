package harness

import (
	"strings"
	"testing"
	"time"
)

// A requirement that runs out of time says who took it.
func TestOutOfTime(t *testing.T) {
	for kept, want := range map[time.Duration]string{
		0:                 "the server is too slow for this requirement: 2m0s",
		100 * time.Second: "the machine is too busy: of the 2m0s that a requirement may take it kept the server waiting for 1m40s",
	} {
		c := &Case{config: Config{Limits: DefaultLimits()}}
		begun := c.clock()
		c.taken = func() time.Duration { return begun() + c.config.Limits.Requirement }
		c.stalled += kept
		if got := attempt(c.outOfTime).finding.Found; !strings.HasPrefix(got, want) {
			t.Errorf("kept waiting for %v: %q, want %q", kept, got, want)
		}
	}
}
