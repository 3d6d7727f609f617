// Package poll waits for what the kernel shows but does not report.
package poll

import (
	"context"
	"time"

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
		Pause(ctx, pause)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// timerTick is the shortest time that a timer of the Go runtime takes while the
// program has nothing else to do: the runtime waits in epoll_wait(2), which counts
// milliseconds. With timers alone a storm of 1000 signals takes 1.0 s instead of
// 0.1 to 0.3 s, of a check that takes 3 s.
const timerTick = time.Millisecond

// Pause waits for a time; from a millisecond on, until ctx is done at the latest.
func Pause(ctx context.Context, d time.Duration) {
	if d < timerTick {
		t := unix.NsecToTimespec(int64(d))
		for unix.Nanosleep(&t, &t) == unix.EINTR {
		}
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// After is time.After, but for less than a timerTick it has waited already when it
// returns.
func After(d time.Duration) <-chan time.Time {
	if d >= timerTick {
		return time.After(d)
	}
	Pause(context.Background(), d)
	over := make(chan time.Time, 1)
	over <- time.Now()
	return over
}
