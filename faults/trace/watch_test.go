package trace

import (
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/internal/poll"
)

// A log keeps events.
type eventLog struct {
	mu   sync.Mutex
	list []Event
}

func (l *eventLog) take(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, e)
}

func (l *eventLog) all() []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Event(nil), l.list...)
}

// count counts the events of a moment.
func (l *eventLog) count(m Moment) (n int) {
	for _, e := range l.all() {
		if e.Moment == m {
			n++
		}
	}
	return n
}

// watched watches a process for the rest of the test.
func watched(t *testing.T, p process.ID, most int) (*Injected, *eventLog) {
	t.Helper()
	events := &eventLog{}
	w, err := Watch(testproc.Within(t), []process.ID{p}, most, events.take)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Undo(); err != nil {
			t.Error(err)
		}
	})
	return w, events
}

// TestWatchChangesNothing: a watched process gets of every call what it gets otherwise.
func TestWatchChangesNothing(t *testing.T) {
	c := testproc.StartCaller(t)
	w, events := watched(t, c.ID, 1<<20)
	for _, one := range everyCall {
		if got := c.Ask(one.call); !strings.HasPrefix(got, one.fine) {
			t.Errorf("%s (%c) is %q, want %q", one.name, one.call, got, one.fine)
		}
	}
	if err := w.Undo(); err != nil {
		t.Fatal(err)
	}
	awaitDone(t, w, c.ID.PID)
	if forked, ended := events.count(Forked), events.count(Ended); forked != 4 || ended != 4 {
		t.Errorf("%d processes were forked, and %d have ended, want 4", forked, ended)
	}
	if got := c.Ask('f'); !strings.HasPrefix(got, "1 0") {
		t.Errorf("afterwards fork is %q", got)
	}
}

// TestWatchOrder: a child is told of before what it does, and its parent runs first until
// it waits for the child.
func TestWatchOrder(t *testing.T) {
	c := testproc.StartCaller(t)
	_, events := watched(t, c.ID, 1<<20)
	for range 20 {
		c.Ask('f')
	}
	known := map[int]bool{c.ID.PID: true}
	waits := false
	for _, e := range events.all() {
		switch {
		case e.Moment == Forked:
			known[e.Child], waits = true, false
		case !known[e.PID]:
			t.Fatalf("process %d does something before it is told of", e.PID)
		case e.PID == c.ID.PID && e.Moment == Entered && e.Number == unix.SYS_WAIT4:
			waits = true
		case e.PID != c.ID.PID && e.Moment == Entered && !waits:
			t.Fatalf("child %d makes call %d before its parent waits", e.PID, e.Number)
		}
	}
	if len(known) != 21 {
		t.Errorf("%d processes, want 21", len(known))
	}
}

// TestInjectWhileWatched: faults hit as they do otherwise, and are told with the result
// that the program sees.
func TestInjectWhileWatched(t *testing.T) {
	c := testproc.StartCaller(t)
	w, events := watched(t, c.ID, 1<<20)
	for _, one := range everyCall {
		if one.family == Close {
			continue
		}
		armed := inject(t, c.ID, Injection{Family: one.family, Errno: unix.ENOMEM, Times: 1, On: onSockets(one.family)})
		want := "-1 12 clean"
		if one.family == Thread {
			want = "-1 11 clean" // pthread_create(3) says EAGAIN
		}
		if got := c.Ask(one.call); got != want {
			t.Errorf("%s (%c) is %q, want %q", one.name, one.call, got, want)
		}
		if err := armed.Await(testproc.Within(t), 1); err != nil {
			t.Error(err)
		}
		select {
		case <-armed.Done():
		case <-testproc.Within(t).Done():
			t.Fatalf("%s (%c) is not done", one.name, one.call)
		}
		if got := c.Ask(one.call); !strings.HasPrefix(got, one.fine) {
			t.Errorf("afterwards %s (%c) is %q, want %q", one.name, one.call, got, one.fine)
		}
	}
	injected := 0
	for _, e := range events.all() {
		if e.Injected && e.Moment == Returned && e.Result == -int64(unix.ENOMEM) {
			injected++
		}
	}
	if injected != len(everyCall)-1 {
		t.Errorf("%d calls are told as injected, want %d", injected, len(everyCall)-1)
	}
	short := inject(t, c.ID, Injection{Family: Read, Short: 100, On: AnySocket()})
	if got := c.Ask('r'); got != "100 0 clean" {
		t.Errorf("a short read is %q", got)
	}
	if err := short.Undo(); err != nil {
		t.Fatal(err)
	}
	delay := inject(t, c.ID, Injection{Family: Write, Delay: time.Hour, On: AnySocket()})
	c.Write("w")
	if err := delay.Await(testproc.Within(t), 1); err != nil {
		t.Fatal(err)
	}
	if err := delay.Undo(); err != nil {
		t.Fatal(err)
	}
	if got := c.Line(); got != "4096 0 clean" {
		t.Errorf("a delayed write is %q", got)
	}
	select {
	case <-w.Done():
		t.Errorf("it is no longer watched: %v", w.Err())
	default:
	}
}

// TestHalted: a watched process that is stopped by a signal is known as such.
func TestHalted(t *testing.T) {
	c := testproc.StartCaller(t)
	_, events := watched(t, c.ID, 1<<20)
	if Halted(c.ID.PID) {
		t.Error("it is stopped before a signal")
	}
	for _, s := range []unix.Signal{unix.SIGSTOP, unix.SIGCONT} {
		if err := unix.Kill(c.ID.PID, s); err != nil {
			t.Fatal(err)
		}
		err := poll.Quick.Until(testproc.Within(t), func() (bool, error) { return Halted(c.ID.PID) == (s == unix.SIGSTOP), nil })
		if err != nil {
			t.Fatalf("%v: %v", s, err)
		}
	}
	if got := c.Ask('f'); !strings.HasPrefix(got, "1 0") {
		t.Errorf("afterwards fork is %q", got)
	}
	if events.count(Stopped) != 1 || events.count(Continued) != 1 {
		t.Errorf("%d stops and %d continuations, want one each", events.count(Stopped), events.count(Continued))
	}
}

// TestWatchIsCut: after so many events the process goes on unseen.
func TestWatchIsCut(t *testing.T) {
	c := testproc.StartCaller(t)
	w, events := watched(t, c.ID, 10)
	for range 5 {
		if got := c.Ask('f'); !strings.HasPrefix(got, "1 0") {
			t.Errorf("fork is %q", got)
		}
	}
	awaitDone(t, w, c.ID.PID)
	list := events.all()
	if len(list) != 11 || list[10].Moment != Cut {
		t.Errorf("%d events, the last is %+v, want 10 and Cut", len(list), list[len(list)-1])
	}
	if procfile.TracerOf(c.ID.PID) != 0 {
		t.Error("it is still traced")
	}
}

// TestWatchKilled: the end of a process by a signal is told.
func TestWatchKilled(t *testing.T) {
	c := testproc.StartCaller(t)
	w, events := watched(t, c.ID, 1<<20)
	c.Kill()
	awaitDone(t, w)
	list := events.all()
	if len(list) == 0 || list[len(list)-1].Moment != Ended || list[len(list)-1].Signal != unix.SIGKILL {
		t.Errorf("the events are %+v", list)
	}
}
