package harness

import (
	"context"
	"errors"
	"sync"

	"github.com/forkproof/forkproof/targets"
)

// maxAhead is how many hosts are made ahead at most. Some specs only wait, for
// a slow fork or for the timers of the server: meanwhile the machine makes the
// hosts of those that follow.
const maxAhead = 8

// hosts are the places that the servers of a run are started in, made ahead while
// specs run.
type hosts struct {
	mu    sync.Mutex
	queue []chan prepared
	last  chan struct{} // closed when the last of the queue is made
	specs int           // that are still to begin
	told  bool          // whether that is known

	closing sync.WaitGroup // of hosts that are being ended, while the next spec runs already
	failed  error          // of those that could not be ended
}

type prepared struct {
	host *targets.Host
	err  error
}

// take returns a fresh host for a command, and has those made that are needed next.
func (h *hosts) take(ctx context.Context, config Config) (*targets.Host, error) {
	h.mu.Lock()
	next := min(h.specs, maxAhead)
	if !h.told {
		next = 1
	}
	for len(h.queue) < 1+next {
		h.queue = append(h.queue, h.prepare(config))
	}
	first := h.queue[0]
	h.queue = h.queue[1:]
	h.mu.Unlock()
	select {
	case p := <-first:
		return p.host, p.err
	case <-ctx.Done():
		go discard(first)
		return nil, ctx.Err()
	}
}

// prepare makes a host once the one before is made: to make several at once
// would take the processor from the spec that runs.
func (h *hosts) prepare(config Config) chan prepared {
	made := make(chan prepared, 1)
	before, done := h.last, make(chan struct{})
	h.last = done
	go func() {
		defer close(done)
		if before != nil {
			<-before
		}
		host, err := targets.NewHost(context.Background(), config.Limits.Limits)
		if err == nil {
			if err = host.Expect(context.Background(), config.Command); err != nil {
				host, err = nil, errors.Join(err, host.Close())
			}
		}
		made <- prepared{host, err}
	}()
	return made
}

func discard(made chan prepared) {
	if p := <-made; p.host != nil {
		_ = p.host.Close()
	}
}

// toCome tells how many specs are still to begin.
func (h *hosts) toCome(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.specs, h.told = n, true
}

// begins notes that one of them does.
func (h *hosts) begins() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.specs = max(0, h.specs-1)
}

// end ends a host. On the machine's own network it returns when that is done: the
// next server may want the same port.
func (h *hosts) end(host *targets.Host) {
	if !host.Isolation().Network {
		defer h.closing.Wait()
	}
	h.closing.Go(func() {
		if err := host.Close(); err != nil {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.failed = errors.Join(h.failed, err)
		}
	})
}

// close waits until every host is ended, also those that were made and not used.
func (h *hosts) close() error {
	h.mu.Lock()
	unused := h.queue
	h.queue = nil
	h.mu.Unlock()
	for _, made := range unused {
		discard(made)
	}
	h.closing.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failed
}
