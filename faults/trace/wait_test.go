package trace

import (
	"errors"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
)

// onOneThread locks a test to one thread, which is the parent of the processes
// that it starts and the tracer of those that it traces.
func onOneThread(t *testing.T) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
}

// A child of the tracer's thread that has ended and was not reaped yet does not
// hide a tracee from waitid, nor is it taken for one.
func TestUnreapedChildIsNotSeen(t *testing.T) {
	onOneThread(t)
	testproc.StartBehaving(t, "handle").Kill()
	if c, err := waitid(unix.P_ALL, 0, traceWait|unix.WNOHANG); !errors.Is(err, unix.ECHILD) {
		t.Errorf("with nothing traced: %+v, %v; want ECHILD", c, err)
	}
	c := testproc.StartCaller(t)
	tr := armHere(t, c.ID)
	if err := unix.PtraceInterrupt(c.PID); err != nil {
		t.Fatal(err)
	}
	got, err := waitid(unix.P_ALL, 0, traceWait)
	if err != nil || got.tid != c.PID || got.ended {
		t.Errorf("%+v, %v; want a stop of %d", got, err, c.PID)
	}
	detachHere(t, tr)
}

// The end of a child that was killed together with its maker, before a stop of
// either was handled, is reported to its parent although others are still traced.
func TestKilledWithItsMaker(t *testing.T) {
	onOneThread(t)
	maker, other := testproc.StartCaller(t), testproc.StartCaller(t)
	tr := armHere(t, maker.ID, other.ID)
	maker.Write("f")
	e := event{tid: maker.PID}
	for e.status>>8 != unix.PTRACE_EVENT_FORK {
		var err error
		if e, err = waitid(unix.P_PID, maker.PID, traceWait); err != nil {
			t.Fatal(err)
		}
		if e.status>>8 != unix.PTRACE_EVENT_FORK {
			tr.abortOn(tr.handle(e), e.tid)
		}
	}
	child, err := unix.PtraceGetEventMsg(maker.PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(int(child), unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	maker.Kill()
	ctx := testproc.Within(t)
	released := func() bool { return procfile.TracerOf(int(child)) == 0 }
	if err := tr.trace(func() bool { return released() || ctx.Err() != nil }); err != nil || !released() {
		t.Errorf("the child is still traced (%v)", err)
	}
	detachHere(t, tr)
}

// armHere makes this thread trace processes and their children.
func armHere(t *testing.T, processes ...process.ID) *tracer {
	t.Helper()
	tr := newTracer(processes, []Injection{{Family: Fork, Follow: true}})
	tr.interrupter.start()
	if err := tr.arm(testproc.Within(t)); err != nil {
		t.Fatal(err)
	}
	return tr
}

func detachHere(t *testing.T, tr *tracer) {
	t.Helper()
	tr.detachAll()
	if err := tr.trace(func() bool { return false }); err != nil {
		t.Error(err)
	}
}
