package trace

import (
	"fmt"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
)

// Tracing interrupts no call that the kernel does not interrupt: fork never fails
// with EINTR, also in a server whose SIGCHLD handler lacks SA_RESTART.
func TestThousandsOfForksSeeNoEINTR(t *testing.T) {
	const forks = 3000
	c := testproc.StartCaller(t, "forks", strconv.Itoa(forks))
	armed := inject(t, c.ID, Injection{Family: Fork})
	c.Write("\n")
	if got := c.Line(); got != "0 0 done" {
		t.Errorf("interrupted and failed forks: %q", got)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	if hits := armed.Hits(); len(hits) != forks {
		t.Errorf("%d forks were seen, want %d", len(hits), forks)
	}
}

// Every signal is delivered, once.
func TestSignalsAreDeliveredOnce(t *testing.T) {
	const signals = 500
	c := testproc.StartCaller(t, "signals")
	armed := inject(t, c.ID, Injection{Family: Poll})
	h, err := process.Open(c.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	for i := range signals {
		if state, err := h.Deliver(testproc.Within(t), unix.SIGUSR1, process.Delivered); state != process.Delivered || err != nil {
			t.Fatalf("signal %d: %v, %v", i, state, err)
		}
	}
	if got := c.Ask('?'); got != fmt.Sprintf("%d 0 signals", signals) {
		t.Errorf("caught while traced: %q, want %d", got, signals)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	if got := c.Ask('?'); got != fmt.Sprintf("%d 0 signals", signals) {
		t.Errorf("caught in the end: %q, want %d", got, signals)
	}
}

func TestEveryThreadIsTraced(t *testing.T) {
	c := testproc.StartCaller(t, "threads")
	armed := inject(t, c.ID, Injection{Family: Read, Errno: unix.ECONNRESET, Times: 5, On: AnySocket()})
	// The four threads are blocked in read: each is hit at once, and reads
	// again, which is hit, too.
	if err := armed.Await(testproc.Within(t), 5); err != nil {
		t.Fatal(err)
	}
	awaitDone(t, armed, c.PID)
	for _, h := range armed.Hits() {
		if h.PID != c.PID || h.TID == c.PID {
			t.Errorf("%+v: want a thread of process %d", h, c.PID)
		}
	}
	for range 5 {
		if got := c.Line(); got != "-1 104 thread" {
			t.Errorf("a thread said %q", got)
		}
	}
}

func TestThreadsMadeWhileArmed(t *testing.T) {
	c := testproc.StartCaller(t, "threads")
	armed := inject(t, c.ID, Injection{Family: Read, Short: 1, On: Descriptor(77)}, Injection{Family: Thread})
	for i := range 3 {
		if got := c.Ask('n'); got != "1 0 thread" {
			t.Errorf("thread %d said %q", i, got)
		}
	}
	list, err := procfile.Threads(c.PID)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		if procfile.TracerOf(one.TID) == 0 {
			t.Errorf("thread %d is not traced", one.TID)
		}
	}
	if len(list) != 8 || len(armed.Hits()) != 3 {
		t.Errorf("%d threads and %d hits, want 8 and 3", len(list), len(armed.Hits()))
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		if procfile.TracerOf(one.TID) != 0 {
			t.Errorf("thread %d is still traced", one.TID)
		}
	}
}

func TestFollow(t *testing.T) {
	for _, follow := range []bool{false, true} {
		c := testproc.StartCaller(t, "children")
		armed := inject(t, c.ID, Injection{Family: Write, Errno: unix.EPIPE, On: AnySocket(), Follow: follow})
		want := "4096 0 clean"
		if follow {
			want = "-1 32 clean"
		}
		for range 3 {
			if got := c.Ask('w'); got != want {
				t.Errorf("follow %v: a child's write: %q, want %q", follow, got, want)
			}
		}
		if err := armed.Undo(); err != nil {
			t.Fatal(err)
		}
		hits := armed.Hits()
		if follow != (len(hits) == 3) {
			t.Errorf("follow %v: %d hits", follow, len(hits))
		}
		for _, h := range hits {
			if h.PID == c.PID {
				t.Errorf("%+v is not of a child", h)
			}
		}
		if got := c.Ask('w'); got != "4096 0 clean" {
			t.Errorf("after Undo: %q", got)
		}
	}
}

// An injection that does not follow leaves children alone though another follows.
func TestFollowIsOfOneRule(t *testing.T) {
	c := testproc.StartCaller(t, "children")
	armed := inject(t, c.ID, Injection{Family: Write, Errno: unix.EPIPE, On: AnySocket()},
		Injection{Family: Accept, Errno: unix.EMFILE, Follow: true})
	if got := c.Ask('w'); got != "4096 0 clean" {
		t.Errorf("a child's write: %q", got)
	}
	if got := c.Ask('a'); got != "-1 24 clean" {
		t.Errorf("a child's accept: %q", got)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
}

func TestInjectIntoAStoppedProcess(t *testing.T) {
	c := testproc.StartCaller(t)
	if err := unix.Kill(c.PID, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	c.AwaitState('T')
	armed := inject(t, c.ID, Injection{Family: Write, Short: 5, Times: 1, On: AnySocket()})
	if got := c.State(); got != 't' {
		t.Errorf("state %c while traced and stopped, want t", got)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	c.AwaitState('T') // the SIGSTOP is still in force
	armed = inject(t, c.ID, Injection{Family: Write, Short: 5, Times: 1, On: AnySocket()})
	if err := unix.Kill(c.PID, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := c.Ask('w'); got != "5 0 clean" {
		t.Errorf("after SIGCONT: %q", got)
	}
	awaitDone(t, armed, c.PID)
}

func TestStopAndContinueWhileArmed(t *testing.T) {
	c := testproc.StartCaller(t)
	armed := inject(t, c.ID, Injection{Family: Fork, Errno: unix.EAGAIN, Times: 1})
	if err := unix.Kill(c.PID, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	c.AwaitState('t')
	c.Write("f")
	if err := unix.Kill(c.PID, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := c.Line(); got != "-1 11 clean" {
		t.Errorf("%q", got)
	}
	awaitDone(t, armed, c.PID)
}
