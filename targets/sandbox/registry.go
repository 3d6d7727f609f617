package sandbox

import (
	"sync"

	"github.com/forkproof/forkproof/internal/crash"
)

// registry knows the open hosts, so that an interrupted forkproof can end all
// it started.
var registry = newRegistry()

type hostRegistry struct {
	mu      sync.Mutex
	idle    *sync.Cond // signalled when no host is being opened
	opening int
	closed  bool
	hosts   map[*Host]bool
}

func newRegistry() *hostRegistry {
	r := &hostRegistry{hosts: map[*Host]bool{}}
	r.idle = sync.NewCond(&r.mu)
	return r
}

// begin says whether a host may be opened; end follows when it has been.
func (r *hostRegistry) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.opening++
	return true
}

// end notes the host that was opened; nil when it could not be.
func (r *hostRegistry) end(h *Host) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h != nil {
		r.hosts[h] = true
	}
	if r.opening--; r.opening == 0 {
		r.idle.Broadcast()
	}
}

// open says that hosts may still be opened.
func (r *hostRegistry) open() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.closed
}

func (r *hostRegistry) forget(h *Host) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.hosts, h)
}

// closing refuses further hosts, waits for those that are being opened, and
// gives all that are open.
func (r *hostRegistry) closing() []*Host {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for r.opening > 0 {
		r.idle.Wait()
	}
	hosts := make([]*Host, 0, len(r.hosts))
	for h := range r.hosts {
		hosts = append(hosts, h)
	}
	return hosts
}

// CloseAll closes every open host and refuses new ones from then on. It is for
// the moment before forkproof exits.
func CloseAll() {
	var all sync.WaitGroup
	for _, h := range registry.closing() {
		all.Go(crash.Guarded(func() { _ = h.Close() }))
	}
	all.Wait()
	idle.closeAll()
}
