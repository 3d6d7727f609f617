package trace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/internal/poll"
)

// An event is what waitid(2) reports of a tracee.
type event struct {
	tid int
	// ended is true when it is a zombie; else it is in a ptrace-stop.
	ended bool
	// killed is true when a signal ended it, which status is then.
	killed bool
	// status is the signal of the stop, and PTRACE_EVENT_* above bit 8.
	status int
}

// waitInfo is the siginfo_t of waitid(2).
type waitInfo struct {
	_      [2]int32
	code   int32
	_      int32
	pid    int32
	_      uint32
	status int32
	_      [100]byte
}

const (
	cldExited  = 1 // CLD_EXITED
	cldTrapped = 4 // CLD_TRAPPED
	// traceWait sees tracees of the calling thread and none of its other children.
	// It asks for those whose end sends another signal than SIGCHLD, which this
	// process does not make, and the kernel adds the tracees, whatever they send
	// (__WCLONE and __WALL, wait(2)). Otherwise a child that no goroutine has reaped
	// would hide them. It leaves the event to be seen again: a tracee may be a child
	// that another goroutine waits for.
	traceWait = unix.WEXITED | unix.WNOWAIT | unix.WCLONE | unix.WNOTHREAD
)

func waitid(kind, id, options int) (event, error) {
	var info waitInfo
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, uintptr(kind), uintptr(id),
		uintptr(unsafe.Pointer(&info)), uintptr(options), 0, 0)
	if errno != 0 {
		return event{}, errno
	}
	ended := info.code != cldTrapped
	return event{tid: int(info.pid), ended: ended, killed: ended && info.code != cldExited, status: int(info.status)}, nil
}

// wait blocks until a tracee stops or ends. ok is false when it was interrupted,
// or is to be called again.
func (tr *tracer) wait() (e event, ok bool, err error) {
	e, err = waitid(unix.P_ALL, 0, traceWait)
	switch {
	case errors.Is(err, unix.EINTR):
		return e, false, nil
	case err != nil:
		return e, false, fmt.Errorf("waitid: %w", err)
	case e.ended && tr.tracees[e.tid] == nil && isOwnChild(e.tid):
		return tr.waitEach()
	}
	return e, true, nil
}

// waitPause is how long waitEach leaves it to another goroutine to reap its child.
const waitPause = 2 * time.Millisecond

// waitEach looks at each tracee, once, while a child that has ended, and that
// another goroutine has yet to reap, hides them from waitid.
func (tr *tracer) waitEach() (event, bool, error) {
	for tid := range tr.tracees {
		e, err := waitid(unix.P_PID, tid, traceWait|unix.WNOHANG)
		if err == nil && e.tid == tid {
			return e, true, nil
		}
	}
	poll.Pause(context.Background(), waitPause)
	return event{}, false, nil
}

// consume marks a stop as seen, so that waitid does not report it again.
func consume(tid int) {
	_, _ = unix.Wait4(tid, nil, unix.WALL|unix.WNOHANG, nil)
}

// releaseEnded makes the kernel report the end of a tracee to its parent
// (ptrace(2)). It leaves a child of this process to the goroutine that waits for it.
func releaseEnded(tid int) {
	if !isOwnChild(tid) {
		consume(tid)
	}
}

// isOwnChild reports whether a thread is the first one of a child of this process.
func isOwnChild(tid int) bool {
	s, err := procfile.Stat(tid)
	return err == nil && s.Parent == unix.Getpid() && procfile.ProcessOf(tid) == tid
}

// addUnannounced adds the threads that the kernel has attached though no stop of
// their maker has announced them, because it was killed before.
func (tr *tracer) addUnannounced() (found bool) {
	if _, err := waitid(unix.P_ALL, 0, traceWait|unix.WNOHANG); errors.Is(err, unix.ECHILD) {
		return false
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	for _, entry := range entries {
		tid, err := strconv.Atoi(entry.Name())
		if err == nil && tr.tracees[tid] == nil && procfile.TracerOf(tid) == tr.interrupter.tid && !isOwnChild(tid) {
			tr.tracees[tid] = newTracee(tid, 0)
			found = true
		}
	}
	return found
}
