// Package poll waits for what the kernel shows but does not report.
package poll

import (
	"context"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Backoff is how long Until pauses between two looks: First at first, and
// twice as long each time, up to Last.
type Backoff struct{ First, Last time.Duration }

// Quick is for what usually comes within microseconds.
var Quick = Backoff{First: 20 * time.Microsecond, Last: 2 * time.Millisecond}

// Until calls look until it is done or fails, and returns its error. When ctx
// is done first, Until returns the cause of ctx.
func (b Backoff) Until(ctx context.Context, look func() (done bool, err error)) error {
	for pause := b.First; ; pause = min(2*pause, b.Last) {
		if done, err := look(); done || err != nil {
			return err
		}
		if pause < timerTick {
			Pause(pause)
		} else {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

const (
	// timerTick is the shortest time that a timer of the Go runtime takes while
	// the program has nothing else to do: the runtime waits in epoll_wait(2),
	// which counts milliseconds.
	timerTick = time.Millisecond
	// shortest is up to where a pause keeps the Go runtime's processor: handing
	// that to another thread and taking it back would take as long.
	shortest = 100 * time.Microsecond
)

// Pause waits for less than a millisecond, or until a signal comes.
func Pause(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	if d > shortest {
		_ = unix.Nanosleep(&t, nil)
		return
	}
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), 0, 0)
}

// Punctual makes the pauses of the calling goroutine end when they are due,
// until it calls undo. By default the kernel lets a thread sleep up to 50 µs
// longer, so that it wakes up less often (PR_SET_TIMERSLACK(2const)).
func Punctual() (undo func()) {
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	return func() {
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) // restores the default
		runtime.UnlockOSThread()
	}
}
