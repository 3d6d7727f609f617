package deadline

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestWithin: what the machine takes does not count, up to three quarters of the time, and who
// took it is told.
func TestWithin(t *testing.T) {
	for name, test := range map[string]struct {
		share float64 // of the time that the machine takes
		after time.Duration
		why   string
	}{
		"the server takes it":             {0, 2 * time.Minute, "the server is too slow for this requirement: 2m0s"},
		"the machine takes a half":        {0.5, 210 * time.Second, "the machine is too busy: beside the 2m0s that a requirement may take it kept the server or forkproof waiting for 1m30s"},
		"each of many waits for it":       {10, 390 * time.Second, "the machine is too busy: beside the 2m0s that a requirement may take it kept the server or forkproof waiting for 4m30s"},
		"the machine takes a third of it": {1. / 3, 165 * time.Second, "the server is too slow"},
	} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			ctx, free := Within(t.Context(), 2*time.Minute, func() time.Duration {
				return time.Duration(test.share * float64(time.Since(begin)))
			})
			defer free()
			<-ctx.Done()
			var over *Over
			if why := context.Cause(ctx); !errors.As(why, &over) || !strings.HasPrefix(why.Error(), test.why) {
				t.Errorf("%s: %v, want %q", name, why, test.why)
			}
			if took := time.Since(begin).Round(time.Second); took != test.after {
				t.Errorf("%s: over after %v, want %v", name, took, test.after)
			}
		})
	}
}

// TestFreed: a requirement that is judged has no deadline any more.
func TestFreed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, free := Within(t.Context(), time.Minute, func() time.Duration { return 0 })
		free()
		<-time.After(time.Hour)
		if why := context.Cause(ctx); !errors.Is(why, context.Canceled) {
			t.Error(why)
		}
	})
}
