package harness

import (
	"context"
	"errors"
	"sync"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/targets"
)

// hosts are the places that the servers of a run are started in.
type hosts struct {
	closing sync.WaitGroup // of hosts that are being ended, while the next spec runs already
	mu      sync.Mutex
	failed  error // of those that could not be ended
}

// take opens a host.
func (h *hosts) take(ctx context.Context, config Config) (*targets.Host, error) {
	return targets.NewHost(ctx, config.Limits.Limits)
}

// end ends a host. On the machine's own network it returns when that is done: the
// next server may want the same port.
func (h *hosts) end(host *targets.Host) {
	if !host.Isolation().Network {
		defer h.closing.Wait()
	}
	h.closing.Go(crash.Guarded(func() {
		if err := host.Close(); err != nil {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.failed = errors.Join(h.failed, err)
		}
	}))
}

// close waits until every host is ended.
func (h *hosts) close() error {
	h.closing.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failed
}
