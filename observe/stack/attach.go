package stack

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/poll"
)

// stopLimit is a guard: a thread whose sleep a signal may end stops as soon as it has a
// processor.
const stopLimit = 5 * time.Second

// errTraced says that a thread cannot be attached.
var errTraced = errors.New("it cannot be attached")

// An attachment is a thread that this thread has stopped, ptrace(2).
type attachment struct {
	tid int
	// signal is what the stop has taken from the thread.
	signal int
}

// attach stops a thread. It makes the call in which the thread sleeps return to the
// kernel's entry code, which makes the call again when the thread goes on, but for
// those few that end with EINTR then. When attached is true without a stop, only the
// end of the calling thread detaches it.
func attach(tid int) (a attachment, attached bool, err error) {
	if err := ptrace(unix.PTRACE_SEIZE, tid, 0); err != nil {
		return a, false, fmt.Errorf("%w: %w", errTraced, err)
	}
	if err := ptrace(unix.PTRACE_INTERRUPT, tid, 0); err != nil {
		return a, true, fmt.Errorf("PTRACE_INTERRUPT: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	a.tid = tid
	status := 0
	err = poll.Quick.Until(ctx, func() (stopped bool, err error) {
		status, stopped, err = stopOf(tid)
		return stopped, err
	})
	if err != nil {
		return a, true, fmt.Errorf("await the stop of %d: %w", tid, err)
	}
	if status>>8 == 0 { // it was about to be given a signal
		a.signal = status
	}
	return a, true, nil
}

// registers reads the registers of a stopped thread.
func (a attachment) registers() (r unix.PtraceRegs, err error) {
	const general = 1 // NT_PRSTATUS
	v := unix.Iovec{Base: (*byte)(unsafe.Pointer(&r)), Len: uint64(unsafe.Sizeof(r))}
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GETREGSET, uintptr(a.tid),
		general, uintptr(unsafe.Pointer(&v)), 0, 0)
	if errno != 0 {
		return r, fmt.Errorf("PTRACE_GETREGSET: %w", errno)
	}
	return r, nil
}

// detach lets the thread go on, with the signal that the stop has taken from it.
func (a attachment) detach() error { return ptrace(unix.PTRACE_DETACH, a.tid, uintptr(a.signal)) }

func ptrace(request, tid int, data uintptr) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), 0, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// errEnded says that a thread has ended.
var errEnded = errors.New("it has ended")

// stopOf returns the status of a ptrace-stop, if the thread is in one. It leaves the
// event to be seen again: a child of this process is another goroutine's to wait for.
func stopOf(tid int) (status int, stopped bool, err error) {
	var info struct { // siginfo_t
		signal, _, code, _, _ int32
		_                     uint32
		status                int32
		_                     [100]byte
	}
	const options = unix.WSTOPPED | unix.WEXITED | unix.WNOHANG | unix.WNOWAIT | unix.WALL
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_PID, uintptr(tid),
		uintptr(unsafe.Pointer(&info)), options, 0, 0)
	const trapped = 4 // CLD_TRAPPED
	switch {
	case errno != 0:
		return 0, false, fmt.Errorf("waitid: %w", errno)
	case info.signal == 0:
		return 0, false, nil
	case info.code != trapped:
		return 0, false, errEnded
	}
	return int(info.status), true, nil
}
