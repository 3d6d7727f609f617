package trace

import (
	"errors"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/testproc"
)

// failHeld has the caller fail a call, and returns when the thread is stopped at its
// return.
func failHeld(t *testing.T, c *testproc.Caller, call byte, family Family, hold chan struct{}) *Injected {
	t.Helper()
	armed := inject(t, c.ID, Injection{Family: family, Errno: unix.EINTR, Times: 1, Hold: hold})
	c.Write(string(call))
	if err := armed.Await(testproc.Within(t), 1); err != nil {
		t.Fatal(err)
	}
	return armed
}

func injected(i *Injected) (list []string) {
	for _, h := range i.Hits() {
		list = append(list, h.Injected)
	}
	return list
}

// A handler that runs after the C library has set errno, and before the program has
// read it, is what the program sees.
func TestSignalAtReturn(t *testing.T) {
	c := testproc.StartCaller(t, "spoils")
	for i, one := range []struct {
		call   byte
		family Family
	}{{'a', Accept}, {'4', Accept}, {'P', Poll}, {'f', Fork}, {'S', Write}} {
		hold := make(chan struct{})
		armed := failHeld(t, c, one.call, one.family, hold)
		if err := unix.Kill(c.PID, unix.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		close(hold)
		if got := c.Line(); got != "-1 99 clean" {
			t.Errorf("%c: a signal at the return: %q, want the errno of the handler", one.call, got)
		}
		awaitDone(t, armed, c.PID)
		if got := injected(armed); !slices.Equal(got, []string{"EINTR, stopped at its return", Delivered + "SIGUSR1"}) {
			t.Errorf("call %d: hits %q", i, got)
		}
	}
}

// Without a signal the program sees the errno of the call, also when it is undone.
func TestNoSignalAtReturn(t *testing.T) {
	c := testproc.StartCaller(t, "spoils")
	for _, undo := range []bool{false, true} {
		hold := make(chan struct{})
		armed := failHeld(t, c, 'a', Accept, hold)
		if undo {
			if err := armed.Undo(); err != nil {
				t.Error(err)
			}
		}
		close(hold)
		if got := c.Line(); got != "-1 4 clean" {
			t.Errorf("undone %v: %q, want EINTR", undo, got)
		}
		awaitDone(t, armed, c.PID)
		if got := injected(armed); len(got) != 1 {
			t.Errorf("undone %v: hits %q", undo, got)
		}
	}
}

// A call that a program makes itself shows no return.
func TestNoLibraryToReturnFrom(t *testing.T) {
	c := testproc.StartCallerOf(t, testproc.Build(t, "caller", "-static"), "spoils")
	armed := inject(t, c.ID, Injection{Family: Accept, Errno: unix.EINTR, Times: 1, Hold: make(chan struct{})})
	if got := c.Ask('a'); got != "-1 11 clean" {
		t.Errorf("%q, want the call undisturbed", got)
	}
	awaitDone(t, armed, c.PID)
	var none *NoLibrary
	if err := armed.Err(); !errors.As(err, &none) {
		t.Errorf("error %v, want a NoLibrary", err)
	}
}
