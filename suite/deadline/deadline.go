// Package deadline bounds how long a requirement is judged, and tells who took the time: the
// server, or a machine with too much to do.
package deadline

import (
	"context"
	"fmt"
	"time"

	"github.com/forkproof/forkproof/internal/crash"
)

const (
	// unkept is the divisor of a limit for its first part, in which forkproof does not ask what took the
	// time: nearly every requirement is judged by then.
	unkept = 4
	// mostKept is the part of the time from then on that the machine can have taken.
	mostKept = 0.75
)

// Over is why a requirement is not judged any more.
type Over struct {
	// Limit is how long it may take.
	Limit time.Duration
	// Kept is how long the machine let the server, or forkproof itself, wait for a processor,
	// beside that.
	Kept time.Duration
}

// Error says whether the server or the machine took the time.
func (o *Over) Error() string {
	if o.Kept > o.Limit/2 {
		return fmt.Sprintf("the machine is too busy: beside the %v that a requirement may take it kept the server or forkproof waiting for %v; "+
			"judge the server again when less runs beside it", o.Limit, o.Kept.Round(time.Second))
	}
	return fmt.Sprintf("the server is too slow for this requirement: %v were not enough to judge it", o.Limit)
}

// Within returns a context that ends, with an Over as its cause, when limit has passed beside
// the time that the machine took, of which kept returns the sum. It takes four times as long as
// the limit at the most. The function that is returned frees what the context holds.
func Within(ctx context.Context, limit time.Duration, kept func() time.Duration) (context.Context, func()) {
	limited, cancel := context.WithCancelCause(ctx)
	first := limit / unkept
	timer := time.AfterFunc(first, crash.Guarded(func() { end(limited, cancel, limit, limit-first, kept) }))
	return limited, func() {
		timer.Stop()
		cancel(nil)
	}
}

// end cancels a context when what is left of a limit has passed.
func end(ctx context.Context, cancel context.CancelCauseFunc, limit, left time.Duration, kept func() time.Duration) {
	begin, before := time.Now(), kept()
	for {
		passed := time.Since(begin)
		taken := min(kept()-before, time.Duration(mostKept*float64(passed)))
		if passed-taken >= left {
			cancel(&Over{limit, taken})
			return
		}
		select {
		case <-time.After(left - (passed - taken)):
		case <-ctx.Done():
			return
		}
	}
}
