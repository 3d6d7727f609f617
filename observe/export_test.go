package observe

// What the tests of package observe_test use.

const (
	MaxCached    = maxCached
	CachedLooks  = cachedLooks
	BusyLoopTime = busyLoopTime
	RunningLimit = runningLimit
)

// NewUncached returns an observer that opens every file anew.
func NewUncached(root int, sockets SocketTable) *Observer {
	return newObserver("/proc", root, sockets)
}

// Cached returns how many descriptors the cache holds.
func (o *Observer) Cached() int { return o.readers[0].cache.open }

// Scan has the observer work without proc_tid_children(5).
func (o *Observer) Scan() { o.scan = true }

// EpollUsers returns how many processes had an epoll descriptor in the last look.
func (o *Observer) EpollUsers() int { return len(o.epollUsers) }

// EachFamily lists the sockets by one request for each address family.
func (t *NetlinkSockets) EachFamily() ([]Socket, error) { return t.eachFamily() }
