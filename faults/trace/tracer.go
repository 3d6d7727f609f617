package trace

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/forkproof/forkproof/faults/internal/proc"
	"github.com/forkproof/forkproof/faults/process"
	"golang.org/x/sys/unix"
)

// A tracer is one thread that traces a server while injections are armed. The
// kernel lets no other thread do it, ptrace(2).
type tracer struct {
	targets []process.ID
	rules   []*rule
	record  *record
	bell    doorbell
	options uintptr

	tracees map[int]*tracee
	armed   chan error  // says, once, how the arming came out
	undo    atomic.Bool // asks it to leave; ring the bell
	leaving bool        // each tracee is detached at its next stop
}

// A rule is an injection and what became of it.
type rule struct {
	Injection
	hits int
	// claimed are calls that are being changed at this moment.
	claimed int
	// held are calls whose delay, a hit already, has not ended.
	held int
}

// spent says that it will not hit any further call.
func (r *rule) spent() bool { return r.Times > 0 && r.hits+r.claimed >= r.Times }

// done says that it has hit as often as it should.
func (r *rule) done() bool { return r.Times > 0 && r.hits >= r.Times && r.claimed+r.held == 0 }

// run is the life of the tracer. The thread is given back in the end, and
// lives on: children that were started on it may be bound to its life by
// PR_SET_PDEATHSIG, prctl(2).
func (tr *tracer) run(ctx context.Context) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tr.bell.mu.Lock()
	tr.bell.tid = unix.Gettid()
	tr.bell.mu.Unlock()
	err := tr.arm(ctx)
	if err != nil {
		tr.leave()
	}
	// Those that wait for the arming learn of a failure when all is undone. Of
	// the success they learn at once: Go would have them wait their turn here,
	// where the tracer is about to block, until another thread fetches them.
	if err == nil {
		tr.armed <- nil
		runtime.Gosched()
	}
	lost := tr.trace(func() bool { return false })
	tr.bell.remove()
	if err != nil {
		tr.armed <- errors.Join(err, lost)
	}
	tr.record.finish(lost)
}

// trace handles what the tracees do until none is left, or enough is true.
func (tr *tracer) trace(enough func() bool) error {
	for {
		tr.bell.hear()
		if tr.undo.Load() {
			tr.leave()
		}
		tr.releaseDue()
		if enough() {
			return nil
		}
		if len(tr.tracees) == 0 && !tr.adoptStrays() {
			return tr.ending()
		}
		c, ok, err := tr.wait()
		if errors.Is(err, unix.ECHILD) {
			clear(tr.tracees) // they were waited for by others
			continue
		}
		if err != nil {
			return err
		}
		if ok {
			tr.giveUp(c, tr.handle(c))
		}
	}
}

// giveUp ends the tracing after an error, and lets go of the tracee it concerns.
func (tr *tracer) giveUp(c change, err error) {
	if err == nil || errors.Is(err, unix.ESRCH) {
		return // ESRCH: it was killed while it was stopped; its end comes next
	}
	var refused *NotInjectable
	if !errors.As(err, &refused) {
		err = fmt.Errorf("inject: ptrace: thread %d: %w", c.tid, err)
	}
	tr.record.note(err)
	tr.leave()
	if t := tr.tracees[c.tid]; t != nil {
		_ = ptrace(unix.PTRACE_DETACH, t.tid, 0) // there is nothing else to try
		tr.drop(t)
	}
}

// ending is the error when nothing is traced any more: that of targets which
// ended before the injections were done or undone.
func (tr *tracer) ending() error {
	if tr.leaving || len(tr.targets) == 0 {
		return nil
	}
	return &process.GoneError{Process: tr.targets[0], Op: "inject"}
}

// adoptStrays takes those in that nobody has told of.
func (tr *tracer) adoptStrays() bool {
	strays := tr.strays()
	for _, tid := range strays {
		tr.tracees[tid] = newTracee(tid, 0)
	}
	return len(strays) > 0
}

// leave has every tracee detached at its next stop, and brings about that stop.
func (tr *tracer) leave() {
	if tr.leaving {
		return
	}
	tr.leaving = true
	for _, t := range tr.tracees {
		if t.held() {
			_ = tr.release(t) // ESRCH: it was killed; its end comes next
			continue
		}
		_ = unix.PtraceInterrupt(t.tid) // likewise
	}
}

// leaveWhenDone ends the tracing when every rule has hit as often as it should.
func (tr *tracer) leaveWhenDone() {
	if !slices.ContainsFunc(tr.rules, func(r *rule) bool { return !r.done() }) {
		tr.leave()
	}
}

// unstopped names a tracee that cannot be stopped, for a message, and says whether
// it was found.
func unstopped(targets []process.ID) (name string, found bool) {
	for _, t := range targets {
		list, err := proc.Threads(t.PID)
		if err != nil {
			continue
		}
		for _, one := range list {
			if one.State == 'D' && inVfork(t.PID, one.TID) {
				return fmt.Sprintf("thread %d of %v is in state D, as it waits for its vfork child, and cannot be stopped before that has ended or called execve", one.TID, t), true
			}
		}
	}
	return "a thread cannot be stopped", false
}
