package trace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Hit is one call that an injection changed.
type Hit struct {
	// At is when.
	At time.Time
	// Injection is the index of the injection, in the order given to Inject.
	Injection int
	// PID and TID are the process and the thread that made the call.
	PID, TID int
	// Call is the system call, as "clone3".
	Call string
	// FD is the descriptor that it was made on; -1 when it takes none.
	FD int
	// Injected is the change: "EAGAIN", "short 512 of 4096", "delayed 300ms", or
	// "let pass".
	Injected string
	// Looked is what Injection.Look returned.
	Looked any
}

// errDisarmed is the cause when Await waits for hits that cannot come any more,
// because the injections have hit as often as they should, or were undone.
var errDisarmed = errors.New("nothing is armed any more")

// A hitLog is what the tracer reports to other goroutines.
type hitLog struct {
	mu      sync.Mutex
	hits    []Hit
	err     error
	changed chan struct{} // closed at the next hit
	done    chan struct{} // closed when nothing is traced any more
}

func newHitLog() *hitLog {
	return &hitLog{changed: make(chan struct{}), done: make(chan struct{})}
}

func (l *hitLog) add(h Hit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hits = append(l.hits, h)
	close(l.changed)
	l.changed = make(chan struct{})
}

// fail keeps the first error.
func (l *hitLog) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}

func (l *hitLog) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *hitLog) finish(err error) {
	l.fail(err)
	close(l.done)
}

// since returns the hits after the first n.
func (l *hitLog) since(n int) []Hit {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.hits[min(n, len(l.hits)):])
}

func (l *hitLog) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.hits)
}

// next returns a channel that is closed at the next hit.
func (l *hitLog) next() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// await waits until there are n hits.
func (l *hitLog) await(ctx context.Context, n int) error {
	for {
		changed := l.next()
		if l.count() >= n {
			return nil
		}
		var cause error
		select {
		case <-changed:
			continue
		case <-l.done:
			if l.count() >= n {
				return nil
			}
			cause = l.failure()
			if cause == nil {
				cause = errDisarmed
			}
		case <-ctx.Done():
			cause = context.Cause(ctx)
		}
		return fmt.Errorf("inject: %d of %d hits: %w", l.count(), n, cause)
	}
}
