package trace

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// A record is what the tracer tells to others.
type record struct {
	mu      sync.Mutex
	hits    []Hit
	err     error
	changed chan struct{} // closed at the next hit
	done    chan struct{}
}

func newRecord() *record {
	return &record{changed: make(chan struct{}), done: make(chan struct{})}
}

func (r *record) add(h Hit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hits = append(r.hits, h)
	close(r.changed)
	r.changed = make(chan struct{})
}

// note keeps the first error.
func (r *record) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

func (r *record) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

func (r *record) finish(err error) {
	r.note(err)
	close(r.done)
}

func (r *record) since(n int) []Hit {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.hits[min(n, len(r.hits)):])
}

func (r *record) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.hits)
}

func (r *record) next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// await waits until there are n hits.
func (r *record) await(ctx context.Context, n int) error {
	for {
		changed := r.next()
		if r.count() >= n {
			return nil
		}
		var cause error
		select {
		case <-changed:
			continue
		case <-r.done:
			if r.count() >= n {
				return nil
			}
			cause = r.failure()
			if cause == nil {
				cause = ErrDisarmed
			}
		case <-ctx.Done():
			cause = context.Cause(ctx)
		}
		return fmt.Errorf("inject: %d of %d hits: %w", r.count(), n, cause)
	}
}
