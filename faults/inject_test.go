package faults

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A caller is testdata/caller.c at work.
type caller struct {
	*victim
	lines *bufio.Reader
}

func startCaller(t *testing.T, args ...string) *caller {
	t.Helper()
	return startCallerOf(t, program(t, "caller"), args...)
}

func startCallerOf(t *testing.T, binary string, args ...string) *caller {
	t.Helper()
	v := start(t, binary, args...)
	c := &caller{v, newLines(v)}
	if got := c.line(); got != "ready" {
		t.Fatalf("the caller said %q, not that it is ready", got)
	}
	return c
}

func newLines(v *victim) *bufio.Reader { return bufio.NewReader(v.stdout) }

func (c *caller) line() string {
	c.t.Helper()
	line, err := c.lines.ReadString('\n')
	if err != nil {
		c.t.Fatalf("read from the caller: %v", err)
	}
	return strings.TrimSpace(line)
}

// ask has it make one call and gives what came of it.
func (c *caller) ask(call byte) string {
	c.t.Helper()
	if _, err := c.stdin.Write([]byte{call}); err != nil {
		c.t.Fatal(err)
	}
	return c.line()
}

// inject arms for the rest of the test.
func (c *caller) inject(injections ...Injection) *Injected {
	c.t.Helper()
	armed, err := Inject(within(c.t), []Target{c.Target}, injections...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := armed.Undo(); err != nil {
			c.t.Error(err)
		}
	})
	return armed
}

// awaitDone waits until nothing is traced, and checks that the kernel says so, too.
func awaitDone(t *testing.T, i *Injected, pids ...int) {
	t.Helper()
	select {
	case <-i.Done():
	case <-within(t).Done():
		t.Fatal("the tracer does not end")
	}
	for _, pid := range pids {
		if tracer := tracerOf(pid); tracer != 0 {
			t.Errorf("process %d is still traced by %d", pid, tracer)
		}
	}
}

// everyCall is each call that testdata/caller.c makes, and its family.
var everyCall = []struct {
	call   byte
	name   string
	family Call
	fine   string // what comes of it with no fault
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

func onSockets(c Call) FD {
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
		c := startCallerOf(t, program(t, "caller", flags...))
		for _, one := range everyCall {
			for _, errno := range []unix.Errno{unix.EAGAIN, unix.EINTR, unix.ENOMEM, unix.ECONNRESET} {
				armed := c.inject(Injection{Call: one.family, Errno: errno, Times: 2, On: onSockets(one.family)})
				want := fmt.Sprintf("-1 %d clean", int(errno))
				if one.family == Thread && errno == unix.ENOMEM {
					want = "-1 11 clean" // pthread_create(3) says EAGAIN
				}
				for range 2 {
					if got := c.ask(one.call); got != want {
						t.Errorf("%s with %v: %q, want %q", one.name, errno, got, want)
					}
				}
				awaitDone(t, armed, c.PID)
				if got := c.ask(one.call); got != one.fine+" clean" {
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
				if (h.FD >= 0) != one.family.onDescriptor() {
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
	c := startCaller(t)
	for _, one := range everyCall {
		if one.family != Read && one.family != Write {
			continue
		}
		for _, n := range []int{1, 999, 1000, 1001, 3000, 4095} {
			armed := c.inject(Injection{Call: one.family, Short: n, Times: 1, On: AnySocket()})
			if got, want := c.ask(one.call), fmt.Sprintf("%d 0 clean", n); got != want {
				t.Errorf("%s cut to %d: %q, want %q", one.name, n, got, want)
			}
			awaitDone(t, armed, c.PID)
			if got := c.ask(one.call); got != "4096 0 clean" {
				t.Errorf("%s after the fault: %q", one.name, got)
			}
			want := fmt.Sprintf("short %d of 4096", n)
			if hits := armed.Hits(); len(hits) != 1 || hits[0].Injected != want {
				t.Errorf("%s: %+v, want %q", one.name, hits, want)
			}
		}
		// What wants no more is not shortened, and is no hit.
		armed := c.inject(Injection{Call: one.family, Short: 4096, On: AnySocket()})
		if got := c.ask(one.call); got != "4096 0 clean" {
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
	c := startCaller(t)
	const delay = 300 * time.Millisecond
	armed := c.inject(Injection{Call: Fork, Delay: delay, Times: 1})
	begin := time.Now()
	if got := c.ask('f'); got != "1 0 clean" {
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
	c := startCaller(t)
	release := make(chan struct{})
	armed := c.inject(Injection{Call: Write, Delay: time.Millisecond, Until: release, Times: 1, On: AnySocket()})
	if _, err := c.stdin.Write([]byte("w")); err != nil {
		t.Fatal(err)
	}
	if err := armed.Await(within(t), 1); err != nil {
		t.Fatal(err)
	}
	armed.tracer.bell.ring() // asks again: the time is over, and the release has not come
	select {
	case <-armed.Done():
		t.Error("the call was let go before its release")
	default:
	}
	if got := c.state(); got != 't' {
		t.Errorf("state %c before the release, want t", got)
	}
	close(release)
	if got := c.line(); got != "4096 0 clean" {
		t.Errorf("the delayed write: %q", got)
	}
	awaitDone(t, armed, c.PID)
}

func TestUndoEndsADelay(t *testing.T) {
	c := startCaller(t)
	armed := c.inject(Injection{Call: Write, Delay: time.Hour, On: AnySocket()})
	if _, err := c.stdin.Write([]byte("w")); err != nil {
		t.Fatal(err)
	}
	if err := armed.Await(within(t), 1); err != nil {
		t.Fatal(err)
	}
	if got := c.state(); got != 't' {
		t.Errorf("state %c during the delay, want t", got)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	if got := c.line(); got != "4096 0 clean" {
		t.Errorf("the delayed write: %q", got)
	}
}

// A call in which the process is blocked when the fault is armed is hit, too.
func TestHitsTheCallItIsBlockedIn(t *testing.T) {
	c := startCaller(t)
	armed := c.inject(Injection{Call: Read, Errno: unix.EINTR, Times: 1})
	if err := armed.Await(within(t), 1); err != nil {
		t.Fatal(err)
	}
	if h := armed.Hits()[0]; h.FD != 0 {
		t.Errorf("%+v, want a hit on descriptor 0", h)
	}
	c.awaitState('Z') // its read loop ends at an error
}

func TestLetPass(t *testing.T) {
	c := startCaller(t)
	armed := c.inject(Injection{Call: Fork, Times: 3})
	for range 3 {
		if got := c.ask('f'); got != "1 0 clean" {
			t.Error(got)
		}
	}
	awaitDone(t, armed, c.PID)
	if hits := armed.Hits(); len(hits) != 3 || hits[2].Injected != "let pass" {
		t.Errorf("%+v", hits)
	}
}

func TestSeveralInjections(t *testing.T) {
	c := startCaller(t)
	armed := c.inject(
		Injection{Call: Write, Errno: unix.EPIPE, Times: 1, On: AnySocket()},
		Injection{Call: Write, Short: 10, Times: 1, On: AnySocket()},
		Injection{Call: Fork, Errno: unix.EAGAIN, Times: 1})
	for _, step := range []struct {
		call byte
		want string
	}{{'w', "-1 32 clean"}, {'w', "10 0 clean"}, {'w', "4096 0 clean"}, {'f', "-1 11 clean"}} {
		if got := c.ask(step.call); got != step.want {
			t.Errorf("%c: %q, want %q", step.call, got, step.want)
		}
	}
	awaitDone(t, armed, c.PID)
	for i, h := range armed.Hits() {
		if h.Rule != i {
			t.Errorf("hit %d is of rule %d: %+v", i, h.Rule, h)
		}
	}
}

func TestIfChooses(t *testing.T) {
	c := startCaller(t)
	asked := 0
	armed := c.inject(Injection{Call: Wait, Errno: unix.EINTR, Times: 1, If: func() bool { asked++; return asked == 3 }})
	for i := range 4 {
		want := "-1 10 clean"
		if i == 2 {
			want = "-1 4 clean"
		}
		if got := c.ask('p'); got != want {
			t.Errorf("wait %d: %q, want %q", i, got, want)
		}
	}
	awaitDone(t, armed, c.PID)
}

func TestOnlyTheChosenDescriptor(t *testing.T) {
	c := startCaller(t)
	armed := c.inject(Injection{Call: Write, Errno: unix.EIO, Times: 1, On: Descriptor(77)})
	if got := c.ask('w'); got != "4096 0 clean" {
		t.Errorf("a write on another descriptor: %q", got)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	if err := armed.Await(within(t), 1); !errors.Is(err, ErrDisarmed) {
		t.Errorf("Await after Undo: %v, want ErrDisarmed", err)
	}
}

func TestInjectionMakesSense(t *testing.T) {
	for want, bad := range map[string]Injection{
		`unknown call "frok": known are fork, thread, accept, read, write, wait, close, poll`: {Call: "frok"},
		"either fails, or is shortened":      {Call: Read, Errno: unix.EIO, Short: 1},
		"unknown error number 4000":          {Call: Read, Errno: 4000},
		"cannot be negative":                 {Call: Read, Times: -1},
		"only read and write can be":         {Call: Accept, Short: 1},
		"fork is not called on a descriptor": {Call: Fork, On: AnySocket()},
	} {
		_, err := Inject(t.Context(), []Target{{PID: 1}}, bad)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", bad, err, want)
		}
	}
}
