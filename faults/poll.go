package faults

import (
	"context"
	"time"
)

const (
	firstLook = 20 * time.Microsecond
	lastLook  = 2 * time.Millisecond
)

// poll looks until what it looks for is seen or looking fails; when ctx is
// done first, it gives the cause.
func poll(ctx context.Context, look func() (seen bool, err error)) error {
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		seen, err := look()
		if seen || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}
