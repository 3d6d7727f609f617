package trace

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/testproc"
)

// A seccomp filter that kills for an unknown number does not see a call that is made
// to fail: it keeps its number. vfork, which has no argument to spoil, is left out.
func TestCallsFailUnderAFilter(t *testing.T) {
	c := testproc.StartCaller(t, "filter")
	for _, one := range everyCall {
		if one.name == "vfork" {
			continue
		}
		armed := inject(t, c.ID, Injection{Family: one.family, Errno: unix.EAGAIN, Times: 1, On: onSockets(one.family)})
		if got, want := c.Ask(one.call), fmt.Sprintf("-1 %d clean", int(unix.EAGAIN)); got != want {
			t.Errorf("%s: %q, want %q", one.name, got, want)
		}
		awaitDone(t, armed, c.PID)
		if got := c.Ask(one.call); got != one.fine+" clean" {
			t.Errorf("%s after the fault: %q, want %q", one.name, got, one.fine)
		}
	}
}

// Where the number has to be dropped, the filter kills, and the error says so.
func TestKilledByAFilter(t *testing.T) {
	c := testproc.StartCaller(t, "filter")
	armed := inject(t, c.ID, Injection{Family: Fork, Errno: unix.EAGAIN, Times: 1})
	c.Write("v")
	awaitDone(t, armed)
	var refused *NotTraceable
	if err := armed.Err(); !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
}
