package observe

// What the tests of package observe_test use.

const (
	KeepFiles  = keepFiles
	KeepLooks  = keepLooks
	AwakeSpin  = awakeSpin
	AwakeLimit = awakeLimit
)

// NewKeepingNothing returns an observer that opens every file anew.
func NewKeepingNothing(root int, sockets SocketTable) *Observer {
	return newObserver("/proc", root, sockets)
}

// Kept returns how many descriptors the observer keeps open.
func (o *Observer) Kept() int { return o.readers[0].keeping.open }

// Scan has the observer do without proc_tid_children(5).
func (o *Observer) Scan() { o.scan = true }

// Watching returns how many processes had an epoll descriptor in the last look.
func (o *Observer) Watching() int { return len(o.watching) }

// EachFamily lists the sockets by one request for each address family.
func (t *NetlinkSockets) EachFamily() ([]Socket, error) { return t.eachFamily() }
