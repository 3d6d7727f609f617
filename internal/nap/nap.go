// Package nap waits for less time than a timer of the Go runtime can.
package nap

import (
	"time"

	"golang.org/x/sys/unix"
)

// Tick is the shortest time that a timer of the Go runtime takes while nothing
// else is to be done: it waits in epoll_wait(2), which counts milliseconds.
const Tick = time.Millisecond

// After is time.After, but for less than a Tick it has waited already when it
// returns.
func After(d time.Duration) <-chan time.Time {
	if d >= Tick {
		return time.After(d)
	}
	over := make(chan time.Time, 1)
	t := unix.NsecToTimespec(int64(d))
	for unix.Nanosleep(&t, &t) == unix.EINTR {
	}
	over <- time.Now()
	return over
}
