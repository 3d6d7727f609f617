package sandbox

import "sync"

// open hosts, so that an interrupted forkproof can end all it started.
var registry = struct {
	sync.Mutex
	hosts  map[*Host]bool
	closed bool
}{hosts: map[*Host]bool{}}

func register(h *Host) (ok bool) {
	registry.Lock()
	defer registry.Unlock()
	if registry.closed {
		return false
	}
	registry.hosts[h] = true
	return true
}

func unregister(h *Host) {
	registry.Lock()
	defer registry.Unlock()
	delete(registry.hosts, h)
}

// CloseAll closes every open host and refuses new ones from then on. It is for
// the moment before forkproof exits early.
func CloseAll() {
	registry.Lock()
	registry.closed = true
	hosts := make([]*Host, 0, len(registry.hosts))
	for h := range registry.hosts {
		hosts = append(hosts, h)
	}
	registry.Unlock()
	var all sync.WaitGroup
	for _, h := range hosts {
		all.Go(func() { _ = h.Close() })
	}
	all.Wait()
}
