package trace

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
)

// inject arms for the rest of the test.
func inject(t *testing.T, p process.ID, injections ...Injection) *Injected {
	t.Helper()
	armed, err := Inject(testproc.Within(t), []process.ID{p}, injections...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := armed.Undo(); err != nil {
			t.Error(err)
		}
	})
	return armed
}

// awaitDone waits until nothing is traced, and checks that /proc agrees.
func awaitDone(t *testing.T, i *Injected, pids ...int) {
	t.Helper()
	select {
	case <-i.Done():
	case <-testproc.Within(t).Done():
		t.Fatal("the tracer does not end")
	}
	for _, pid := range pids {
		if tracer := procfile.TracerOf(pid); tracer != 0 {
			t.Errorf("process %d is still traced by %d", pid, tracer)
		}
	}
}

// everyCall lists the calls that testdata/caller.c makes.
var everyCall = []struct {
	call   byte
	name   string
	family Family
	fine   string // its result without a fault
}{
	{'f', "clone", Fork, "1 0"}, {'k', "clone", Fork, "1 0"}, {'v', "vfork", Fork, "1 0"}, {'s', "clone3", Fork, "1 0"},
	{'t', "clone3", Thread, "1 0"},
	{'a', "accept", Accept, "-1 11"}, {'4', "accept4", Accept, "-1 11"},
	{'r', "read", Read, "4096 0"}, {'R', "readv", Read, "4096 0"}, {'m', "recvfrom", Read, "4096 0"},
	{'M', "recvmsg", Read, "4096 0"}, {'i', "splice", Read, "4096 0"},
	{'w', "write", Write, "4096 0"}, {'W', "writev", Write, "4096 0"}, {'S', "sendto", Write, "4096 0"},
	{'G', "sendmsg", Write, "4096 0"}, {'F', "sendfile", Write, "4096 0"},
	{'p', "wait4", Wait, "-1 10"}, {'c', "close", Close, "0 0"}, {'P', "poll", Poll, "1 0"},
}

func onSockets(c Family) DescriptorFilter {
	if c == Read || c == Write || c == Close {
		return AnySocket()
	}
	return nil
}

func TestEveryCallFails(t *testing.T) {
	for _, static := range []bool{false, true} {
		var flags []string
		if static {
			flags = []string{"-static"}
		}
		c := testproc.StartCallerOf(t, testproc.Build(t, "caller", flags...))
		for _, one := range everyCall {
			for _, errno := range []unix.Errno{unix.EAGAIN, unix.EINTR, unix.ENOMEM, unix.ECONNRESET} {
				armed := inject(t, c.ID, Injection{Family: one.family, Errno: errno, Times: 2, On: onSockets(one.family)})
				want := fmt.Sprintf("-1 %d clean", int(errno))
				if one.family == Thread && errno == unix.ENOMEM {
					want = "-1 11 clean" // pthread_create(3) says EAGAIN
				}
				for range 2 {
					if got := c.Ask(one.call); got != want {
						t.Errorf("%s with %v: %q, want %q", one.name, errno, got, want)
					}
				}
				awaitDone(t, armed, c.PID)
				if got := c.Ask(one.call); got != one.fine+" clean" {
					t.Errorf("%s after the fault: %q, want %q", one.name, got, one.fine)
				}
				hits := armed.Hits()
				if len(hits) != 2 {
					t.Fatalf("%s: %d hits, want 2", one.name, len(hits))
				}
				h := hits[0]
				if !strings.HasPrefix(h.Call, one.name) || h.PID != c.PID || h.TID != c.PID || h.Injected != unix.ErrnoName(errno) {
					t.Errorf("%s: %+v", one.name, h)
				}
				if (h.FD >= 0) != one.family.OnDescriptor() {
					t.Errorf("%s on descriptor %d", one.name, h.FD)
				}
				if err := armed.Err(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func TestShort(t *testing.T) {
	c := testproc.StartCaller(t)
	for _, one := range everyCall {
		if one.family != Read && one.family != Write {
			continue
		}
		for _, n := range []int{1, 999, 1000, 1001, 3000, 4095} {
			armed := inject(t, c.ID, Injection{Family: one.family, Short: n, Times: 1, On: AnySocket()})
			if got, want := c.Ask(one.call), fmt.Sprintf("%d 0 clean", n); got != want {
				t.Errorf("%s cut to %d: %q, want %q", one.name, n, got, want)
			}
			awaitDone(t, armed, c.PID)
			if got := c.Ask(one.call); got != "4096 0 clean" {
				t.Errorf("%s after the fault: %q", one.name, got)
			}
			want := fmt.Sprintf("short %d of 4096", n)
			if hits := armed.Hits(); len(hits) != 1 || hits[0].Injected != want {
				t.Errorf("%s: %+v, want %q", one.name, hits, want)
			}
		}
		// What wants no more is not shortened, and is no hit.
		armed := inject(t, c.ID, Injection{Family: one.family, Short: 4096, On: AnySocket()})
		if got := c.Ask(one.call); got != "4096 0 clean" {
			t.Errorf("%s cut to all of it: %q", one.name, got)
		}
		if hits := armed.Hits(); len(hits) != 0 {
			t.Errorf("%s: %+v, want no hit", one.name, hits)
		}
		if err := armed.Undo(); err != nil {
			t.Error(err)
		}
	}
}

func TestDelay(t *testing.T) {
	c := testproc.StartCaller(t)
	const delay = 300 * time.Millisecond
	armed := inject(t, c.ID, Injection{Family: Fork, Delay: delay, Times: 1})
	begin := time.Now()
	if got := c.Ask('f'); got != "1 0 clean" {
		t.Errorf("a delayed fork: %q", got)
	}
	if took := time.Since(begin); took < delay {
		t.Errorf("a fork delayed by %v took %v", delay, took)
	}
	awaitDone(t, armed, c.PID)
	if hits := armed.Hits(); len(hits) != 1 || hits[0].Injected != "delayed 300ms" {
		t.Errorf("%+v", hits)
	}
}

func TestDelayUntil(t *testing.T) {
	c := testproc.StartCaller(t)
	release := make(chan struct{})
	armed := inject(t, c.ID, Injection{Family: Write, Delay: time.Millisecond, Until: release, Times: 1, On: AnySocket()})
	c.Write("w")
	if err := armed.Await(testproc.Within(t), 1); err != nil {
		t.Fatal(err)
	}
	armed.tracer.interrupter.interrupt() // asks again: the time is over, and the release has not come
	select {
	case <-armed.Done():
		t.Error("the call was carried out before its release")
	default:
	}
	if got := c.State(); got != 't' {
		t.Errorf("state %c before the release, want t", got)
	}
	close(release)
	if got := c.Line(); got != "4096 0 clean" {
		t.Errorf("the delayed write: %q", got)
	}
	awaitDone(t, armed, c.PID)
}

func TestUndoEndsADelay(t *testing.T) {
	c := testproc.StartCaller(t)
	armed := inject(t, c.ID, Injection{Family: Write, Delay: time.Hour, On: AnySocket()})
	c.Write("w")
	if err := armed.Await(testproc.Within(t), 1); err != nil {
		t.Fatal(err)
	}
	if got := c.State(); got != 't' {
		t.Errorf("state %c during the delay, want t", got)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	if got := c.Line(); got != "4096 0 clean" {
		t.Errorf("the delayed write: %q", got)
	}
}

// A call in which the process is blocked when the fault is armed is hit, too.
func TestHitsTheCallItIsBlockedIn(t *testing.T) {
	c := testproc.StartCaller(t)
	armed := inject(t, c.ID, Injection{Family: Read, Errno: unix.EINTR, Times: 1})
	if err := armed.Await(testproc.Within(t), 1); err != nil {
		t.Fatal(err)
	}
	if h := armed.Hits()[0]; h.FD != 0 {
		t.Errorf("%+v, want a hit on descriptor 0", h)
	}
	c.AwaitState('Z') // its read loop ends at an error
}

func TestLetPass(t *testing.T) {
	c := testproc.StartCaller(t)
	armed := inject(t, c.ID, Injection{Family: Fork, Times: 3})
	for range 3 {
		if got := c.Ask('f'); got != "1 0 clean" {
			t.Error(got)
		}
	}
	awaitDone(t, armed, c.PID)
	if hits := armed.Hits(); len(hits) != 3 || hits[2].Injected != "let pass" {
		t.Errorf("%+v", hits)
	}
}

func TestSeveralInjections(t *testing.T) {
	c := testproc.StartCaller(t)
	armed := inject(t, c.ID, Injection{Family: Write, Errno: unix.EPIPE, Times: 1, On: AnySocket()},
		Injection{Family: Write, Short: 10, Times: 1, On: AnySocket()},
		Injection{Family: Fork, Errno: unix.EAGAIN, Times: 1})
	for _, step := range []struct {
		call byte
		want string
	}{{'w', "-1 32 clean"}, {'w', "10 0 clean"}, {'w', "4096 0 clean"}, {'f', "-1 11 clean"}} {
		if got := c.Ask(step.call); got != step.want {
			t.Errorf("%c: %q, want %q", step.call, got, step.want)
		}
	}
	awaitDone(t, armed, c.PID)
	for i, h := range armed.Hits() {
		if h.Injection != i {
			t.Errorf("hit %d is of injection %d: %+v", i, h.Injection, h)
		}
	}
}

func TestIfChooses(t *testing.T) {
	c := testproc.StartCaller(t)
	asked := 0
	armed := inject(t, c.ID, Injection{Family: Wait, Errno: unix.EINTR, Times: 1, If: func() bool { asked++; return asked == 3 }})
	for i := range 4 {
		want := "-1 10 clean"
		if i == 2 {
			want = "-1 4 clean"
		}
		if got := c.Ask('p'); got != want {
			t.Errorf("wait %d: %q, want %q", i, got, want)
		}
	}
	awaitDone(t, armed, c.PID)
}

func TestOnlyTheChosenDescriptor(t *testing.T) {
	c := testproc.StartCaller(t)
	armed := inject(t, c.ID, Injection{Family: Write, Errno: unix.EIO, Times: 1, On: Descriptor(77)})
	if got := c.Ask('w'); got != "4096 0 clean" {
		t.Errorf("a write on another descriptor: %q", got)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	if err := armed.Await(testproc.Within(t), 1); !errors.Is(err, errDisarmed) {
		t.Errorf("Await after Undo: %v, want errDisarmed", err)
	}
}

func TestInjectionMakesSense(t *testing.T) {
	for want, bad := range map[string]Injection{
		`unknown call "frok": known are fork, thread, accept, read, write, wait, close, poll`: {Family: "frok"},
		"either fails, or is shortened":      {Family: Read, Errno: unix.EIO, Short: 1},
		"unknown error number 4000":          {Family: Read, Errno: 4000},
		"cannot be negative":                 {Family: Read, Times: -1},
		"only read and write can be":         {Family: Accept, Short: 1},
		"fork is not called on a descriptor": {Family: Fork, On: AnySocket()},
	} {
		_, err := Inject(t.Context(), []process.ID{{PID: 1}}, bad)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", bad, err, want)
		}
	}
}
