package trace

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/internal/poll"
)

// A Moment says what an Event is.
type Moment int

const (
	// Entered: a thread is about to make a system call.
	Entered Moment = iota
	// Returned: the call that it entered last has returned.
	Returned
	// Interrupted: a signal has ended the call before it did anything. The kernel makes it
	// again, or the program sees EINTR.
	Interrupted
	// Forked: a process has made another one, which has not run yet.
	Forked
	// Executed: a process runs another program.
	Executed
	// Signalled: a signal is about to be delivered.
	Signalled
	// Stopped and Continued: all threads of a process were stopped, and go on.
	Stopped
	Continued
	// Ended: a process has ended, and its parent does not know it yet.
	Ended
	// Cut: there were more events than were asked for. The processes go on unseen.
	Cut
)

// An Event is something that a watched process has done, or that happened to it.
type Event struct {
	Moment   Moment
	At       time.Time
	PID, TID int
	// Number is that of the system call, and Args its arguments, of Entered. Result is
	// what it returned: below 0 an error number.
	Number uint64
	Args   [6]uint64
	Result int64
	// Injected says that an injection has changed the call that has Returned.
	Injected bool
	// Child is the process that was Forked.
	Child int
	// Signal is that of Signalled, of Stopped, and of an Ended process that it has killed.
	Signal unix.Signal
	// Status is the exit status of an Ended process.
	Status int
}

// Watch traces processes, and their children from the moment that they are forked, and
// tells saw of each event, in the order in which they happened, from the thread of the
// tracer while the thread concerned is stopped. It changes no call. Of a process that forks and the
// child the parent runs first, until it may block. After most events it tells of one
// that is Cut and detaches. Undo ends it, as does the end of the processes. ctx and the
// errors are as for Inject.
func Watch(ctx context.Context, processes []process.ID, most int, saw func(Event)) (*Injected, error) {
	if err := prepareSignals(); err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	tr := newTracer(processes, []Injection{{Follow: true}}) // of no family: it hits nothing
	tr.watch = &watch{saw: saw, left: most, born: map[int]*birth{}, known: map[int]bool{}}
	watching.add(tr)
	injected, err := tr.launch(ctx)
	if err != nil {
		watching.remove(tr)
		return nil, err
	}
	crash.Go(func() {
		<-tr.log.done
		watching.remove(tr)
	})
	return injected, nil
}

// Halted reports whether a process is watched and all of its threads are stopped by a
// signal. /proc shows state t then, the tracer's stop, in place of T.
func Halted(pid int) (halted bool) {
	for _, tr := range watching.all() {
		tr.do(func() {
			n := 0
			all := true
			for _, t := range tr.tracees {
				if t.pid == pid {
					n++
					all = all && t.listening
				}
			}
			halted = halted || n > 0 && all
		})
	}
	return halted
}

// CatchUp returns when the watching tracers have taken all that has happened until now, and
// no child is kept from running.
// The kernel tells a parent that a traced child has ended when the tracer has waited for
// it (ptrace(2)): where children ended together, the signals of all are pending then.
func CatchUp() {
	for _, tr := range watching.all() {
		for unborn := true; unborn; {
			unborn = false
			tr.do(func() {
				unborn = tr.catchUp()
			})
			if unborn {
				poll.Pause(context.Background(), birthLimit/20)
			}
		}
	}
}

// catchUp takes all events that wait, and reports whether a child has yet to run.
func (tr *tracer) catchUp() (unborn bool) {
	for {
		e, err := waitid(unix.P_ALL, 0, traceWait|unix.WNOHANG)
		if err != nil || e.tid == 0 || e.ended && tr.tracees[e.tid] == nil && isOwnChild(e.tid) {
			return len(tr.watch.born) > 0
		}
		tr.abortOn(tr.handle(e), e.tid)
		tr.releaseBorn()
	}
}

// A watch is what a tracer keeps for Watch. Its methods do nothing where it is nil.
type watch struct {
	saw  func(Event)
	left int // events until it is cut
	// born are the children that wait until their parents may block, by TID.
	born map[int]*birth
	// known are the children that were told of.
	known map[int]bool
}

// A birth is a child that has not run yet.
type birth struct {
	child *tracee
	maker int // TID
	stops int // of the maker since
	over  atomic.Bool
}

const (
	// birthStops is after how many stops of its parent a child runs, and birthLimit after
	// what time: one of them comes first where the parent never blocks.
	birthStops = 64
	birthLimit = 20 * time.Millisecond
)

// tell tells of an event, and reports whether it is the last one.
func (w *watch) tell(e Event) (last bool) {
	if w == nil || w.left < 0 {
		return false
	}
	e.At = time.Now()
	if w.left--; w.left < 0 {
		e = Event{Moment: Cut, At: e.At, PID: e.PID, TID: e.TID}
	}
	w.saw(e)
	return w.left < 0
}

// tells is tell, and detaches after the last event.
func (tr *tracer) tells(e Event) {
	if tr.watch.tell(e) {
		tr.detachAll()
	}
}

// tellCall tells of the entry or the exit of a call.
func (tr *tracer) tellCall(t *tracee, info *syscallInfo) {
	if tr.watch == nil || tr.detaches(t) {
		return
	}
	e := Event{PID: t.pid, TID: t.tid}
	switch {
	case info.op == unix.PTRACE_SYSCALL_INFO_ENTRY && isNative(info):
		e.Moment, e.Number = Entered, info.number()
		copy(e.Args[:], info.data[1:])
		t.inCall = true
		tr.maker(t, mayBlock(e.Number, e.Args))
	case info.op == unix.PTRACE_SYSCALL_INFO_EXIT && t.inCall:
		e.Moment, e.Result = Returned, info.result()
		if i := t.interception; i != nil && i.injection.Errno != 0 {
			e.Injected, e.Result = true, -int64(i.injection.Errno)
		} else if i != nil && i.short != nil {
			e.Injected = true
		}
		if isRestart(e.Result) {
			e.Moment = Interrupted
		}
		t.inCall = false
	default:
		return
	}
	tr.tells(e)
}

// announce tells, once, that a process has made another one. Where the child is seen
// first, its maker is not known to be t, and t is nil.
func (tr *tracer) announce(t, child *tracee) {
	if tr.watch == nil || child.pid != child.tid || child.unwanted || tr.watch.known[child.tid] {
		return
	}
	tr.watch.known[child.tid] = true
	defer tr.follow(child)
	e := Event{Moment: Forked, Child: child.pid}
	if t != nil {
		e.PID, e.TID = t.pid, t.tid
	} else if s, err := procfile.Stat(child.pid); err == nil {
		e.PID, e.TID = s.Parent, s.Parent
	}
	tr.tells(e)
}

// holdBirth keeps a child from running before its parent may block, and reports whether
// it does. The parent of a vfork child waits for it.
func (tr *tracer) holdBirth(t *tracee) bool {
	if tr.watch == nil || t.armed || t.pid != t.tid || tr.detaches(t) {
		return false
	}
	s, err := procfile.Stat(t.pid)
	maker := tr.tracees[s.Parent]
	if err != nil || maker == nil || inVfork(maker.pid, maker.tid) || tr.watch.born[t.tid] != nil {
		return false
	}
	b := &birth{child: t, maker: s.Parent}
	tr.watch.born[t.tid] = b
	consume(t.tid)
	crash.Go(func() {
		select {
		case <-time.After(birthLimit):
			b.over.Store(true)
			tr.interrupter.interrupt()
		case <-tr.log.done:
		}
	})
	return true
}

// maker counts the stops of a thread whose children wait, and has them run when it may
// block.
func (tr *tracer) maker(t *tracee, blocks bool) {
	for _, b := range tr.watch.born {
		if b.maker == t.tid {
			b.stops++
			b.over.CompareAndSwap(false, blocks || b.stops > birthStops)
		}
	}
}

// releaseBorn has the children run whose time has come; all when nothing is to be traced
// any more.
func (tr *tracer) releaseBorn() {
	if tr.watch == nil {
		return
	}
	for tid, b := range tr.watch.born {
		_, lives := tr.tracees[b.maker]
		if b.over.Load() || !lives || tr.detaching {
			delete(tr.watch.born, tid)
			_ = tr.resume(b.child, 0) // ESRCH: it was killed; its end comes next
		}
	}
}
