package clients

import (
	"bytes"
	"context"
	"runtime"
	"testing"
	"time"
)

// noGoroutineOf waits until no goroutine runs a function of this package.
func noGoroutineOf(t *testing.T, name string) {
	t.Helper()
	ctx := within(t)
	for {
		stacks := allStacks()
		if !bytes.Contains(stacks, []byte(name)) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("a goroutine still runs %s: %v\n%s", name, context.Cause(ctx), stacks)
		case <-time.After(time.Millisecond):
		}
	}
}

func allStacks() []byte {
	for size := 1 << 20; ; size *= 2 {
		buffer := make([]byte, size)
		if n := runtime.Stack(buffer, true); n < size {
			return buffer[:n]
		}
	}
}
