package faults

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

const (
	firstLook = 20 * time.Microsecond
	lastLook  = 2 * time.Millisecond
	// timerTick is the shortest time that a timer of the Go runtime takes while
	// nothing else is to be done: it waits in epoll_wait(2), which counts
	// milliseconds.
	timerTick = time.Millisecond
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
			t := unix.NsecToTimespec(int64(wait))
			_ = unix.Nanosleep(&t, nil)
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}
