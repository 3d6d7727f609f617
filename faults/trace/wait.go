package trace

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
	"unsafe"

	"github.com/forkproof/forkproof/faults/internal/proc"
	"golang.org/x/sys/unix"
)

// A change is what waitid(2) tells of a tracee.
type change struct {
	tid int
	// ended says that it is a zombie; else it is in a ptrace-stop.
	ended bool
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
	cldTrapped = 4 // CLD_TRAPPED
	// traceWait sees tracees of the calling thread and none of its other
	// children: it asks for those whose end sends another signal than SIGCHLD,
	// which this process does not make, and the kernel adds the tracees,
	// whatever they send (__WCLONE and __WALL, wait(2)). Else a child that
	// nobody waits for would stand in front of them. It leaves them as they
	// are: a tracee may be a child that another goroutine waits for.
	traceWait = unix.WEXITED | unix.WNOWAIT | unix.WCLONE | unix.WNOTHREAD
)

func waitid(kind, id, options int) (change, error) {
	var info waitInfo
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, uintptr(kind), uintptr(id),
		uintptr(unsafe.Pointer(&info)), uintptr(options), 0, 0)
	if errno != 0 {
		return change{}, errno
	}
	return change{tid: int(info.pid), ended: info.code != cldTrapped, status: int(info.status)}, nil
}

// wait blocks until a tracee stops or ends. ok is false when the bell rang, or
// when there may be something and it is to be called again.
func (tr *tracer) wait() (c change, ok bool, err error) {
	c, err = waitid(unix.P_ALL, 0, traceWait)
	switch {
	case errors.Is(err, unix.EINTR):
		return c, false, nil
	case err != nil:
		return c, false, fmt.Errorf("waitid: %w", err)
	case c.ended && tr.tracees[c.tid] == nil && isOwnChild(c.tid):
		return tr.waitAside()
	}
	return c, true, nil
}

// waitAside looks at each tracee, once, while one that has ended and that
// another goroutine, whose child it is, has yet to wait for stands in front of
// them.
func (tr *tracer) waitAside() (change, bool, error) {
	for tid := range tr.tracees {
		c, err := waitid(unix.P_PID, tid, traceWait|unix.WNOHANG)
		if err == nil && c.tid == tid {
			return c, true, nil
		}
	}
	<-time.After(time.Duration(2*time.Millisecond))
	return change{}, false, nil
}

// consume makes a stop seen, so that waitid does not report it again.
func consume(tid int) {
	_, _ = unix.Wait4(tid, nil, unix.WALL|unix.WNOHANG, nil)
}

// bury lets a tracee that has ended go to its parent, who learns of it only
// now (ptrace(2)). A child of this process is left to whoever waits for it.
func bury(tid int) {
	if !isOwnChild(tid) {
		consume(tid)
	}
}

// isOwnChild says whether a thread is the first one of a child of this process.
func isOwnChild(tid int) bool {
	s, err := proc.ReadStat(tid)
	return err == nil && s.Parent == unix.Getpid() && proc.ProcessOf(tid) == tid
}

// strays are threads that this thread traces though no stop of their maker
// has told so: that was killed before.
func (tr *tracer) strays() []int {
	if _, err := waitid(unix.P_ALL, 0, traceWait|unix.WNOHANG); errors.Is(err, unix.ECHILD) {
		return nil
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var tids []int
	for _, entry := range entries {
		tid, err := strconv.Atoi(entry.Name())
		if err == nil && tr.tracees[tid] == nil && proc.TracerOf(tid) == tr.bell.tid && !isOwnChild(tid) {
			tids = append(tids, tid)
		}
	}
	return tids
}
