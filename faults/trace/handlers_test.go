package trace

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/testproc"
)

// The flags of handlers are read from a process that is blocked in a call, which it
// makes again afterwards as if nothing had been.
func TestHandlersThatInterruptCalls(t *testing.T) {
	c := testproc.StartCaller(t, "signals")
	for i := range 20 {
		got, err := NotRestarting(testproc.Within(t), c.ID, []unix.Signal{unix.SIGUSR1, unix.SIGUSR2})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, []unix.Signal{unix.SIGUSR2}) {
			t.Fatalf("read %d: %v interrupt a call, want SIGUSR2", i, got)
		}
		if i%2 == 0 {
			if got := c.Ask('?'); got != "0 0 signals" {
				t.Fatalf("read %d: it answers %q afterwards", i, got)
			}
		}
	}
}
