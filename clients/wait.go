package clients

import (
	"context"
	"fmt"
	"time"
)

// Wait returns as soon as the client's history meets cond, with that history. If
// ctx is done first, it returns the last history and an error that says what was
// awaited (in the caller's words), what was seen last and for how long, and wraps
// the cause of ctx. It calls cond once for each change.
func (c *Client) Wait(ctx context.Context, awaited string, cond func(History) bool) (History, error) {
	started := time.Now()
	for {
		changed := c.own.Changed()
		h := c.History()
		if cond(h) {
			return h, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return h, fmt.Errorf("client %v waited %v for %s; last seen: %v: %w",
				h.Local, time.Since(started).Round(time.Millisecond), awaited, h, context.Cause(ctx))
		}
	}
}
