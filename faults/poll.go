package faults

import (
	"context"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	firstLook = 20 * time.Microsecond
	lastLook  = 2 * time.Millisecond
	// timerTick is the shortest time that a timer of the Go runtime takes while
	// nothing else is to be done: it waits in epoll_wait(2), which counts
	// milliseconds.
	timerTick = time.Millisecond
	// shortest is up to where a wait keeps the Go runtime's processor: to hand
	// that to another thread and take it back would take as long.
	shortest = 100 * time.Microsecond
)

// poll looks until what it looks for is seen or looking fails; when ctx is
// done first, it gives the cause.
func poll(ctx context.Context, look func() (seen bool, err error)) error {
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		seen, err := look()
		if seen || err != nil {
			return err
		}
		if wait < timerTick {
			nap(wait)
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// punctual has the naps of the calling goroutine end when they are due, until
// the function that it returns is called: the kernel may let a thread sleep 50 µs
// longer, so that it has to wake up less often, PR_SET_TIMERSLACK(2const).
func punctual() (undo func()) {
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	return func() {
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) // what it was at first
		runtime.UnlockOSThread()
	}
}

// nap waits for less than a timerTick, or until a signal comes.
func nap(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	if d > shortest {
		_ = unix.Nanosleep(&t, nil)
		return
	}
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), 0, 0)
}
