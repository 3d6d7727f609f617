package trace

import (
	"errors"
	"runtime"
	"testing"

	"github.com/forkproof/forkproof/faults/internal/proc"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
	"golang.org/x/sys/unix"
)

// onOneThread keeps a test, the processes it starts and what it traces on one
// thread: that is their parent and their tracer.
func onOneThread(t *testing.T) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
}

// A child of the tracer's thread that has ended, and that nobody has waited
// for yet, stands neither in front of a tracee nor for one.
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
	leaveHere(t, tr)
}

// A child that was killed together with its maker, before a stop of either was
// looked at, goes to its parent although others are still traced.
func TestKilledWithItsMaker(t *testing.T) {
	onOneThread(t)
	maker, other := testproc.StartCaller(t), testproc.StartCaller(t)
	tr := armHere(t, maker.ID, other.ID)
	maker.Write("f")
	c := change{tid: maker.PID}
	for c.status>>8 != unix.PTRACE_EVENT_FORK {
		var err error
		if c, err = waitid(unix.P_PID, maker.PID, traceWait); err != nil {
			t.Fatal(err)
		}
		if c.status>>8 != unix.PTRACE_EVENT_FORK {
			tr.giveUp(c, tr.handle(c))
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
	let := func() bool { return proc.TracerOf(int(child)) == 0 }
	if err := tr.trace(func() bool { return let() || ctx.Err() != nil }); err != nil || !let() {
		t.Errorf("the child is still traced (%v)", err)
	}
	leaveHere(t, tr)
}

// armHere has this thread trace targets and their children.
func armHere(t *testing.T, targets ...process.ID) *tracer {
	t.Helper()
	tr := &tracer{
		targets: targets, record: newRecord(), options: traceOptions | followOptions, tracees: map[int]*tracee{},
		rules: []*rule{{Injection: Injection{Call: Fork, Follow: true}}},
	}
	tr.bell.tid = unix.Gettid()
	if err := tr.arm(testproc.Within(t)); err != nil {
		t.Fatal(err)
	}
	return tr
}

func leaveHere(t *testing.T, tr *tracer) {
	t.Helper()
	tr.leave()
	if err := tr.trace(func() bool { return false }); err != nil {
		t.Error(err)
	}
}
