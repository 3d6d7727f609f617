package sandbox

import "sync"

// first is the host by which Probe found the isolation. It becomes the first
// that is opened, if that is to have the same limits.
var first firstHost

type firstHost struct {
	mu     sync.Mutex
	host   *Host
	limits Limits
}

// keep holds on to a host until it is taken, or until CloseAll.
func (f *firstHost) keep(h *Host, limits Limits) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.host, f.limits = h, limits
}

// take gives the host, once; nil when there is none that is of use. The error
// is that something of it could not be ended.
func (f *firstHost) take(isolation Isolation, limits Limits) (*Host, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.host
	f.host = nil
	if h == nil {
		return nil, nil
	}
	select {
	case <-h.gone: // CloseAll was called, or somebody ended its keeper
		return nil, h.Close()
	default:
	}
	if f.limits != limits {
		return nil, h.Close()
	}
	h.isolation.Tier, h.isolation.Reason = isolation.Tier, isolation.Reason
	return h, nil
}
