package observe

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forkproof/forkproof/internal/crash"
)

// Detail says what a look reads besides the processes themselves (parent,
// state, start, processor time, memory), which it always reads.
type Detail uint

// The details of a look.
const (
	Descriptors Detail = 1 << iota // descriptors and TCP sockets
	Tasks                          // threads, their system calls and signals, timers
	Sockets                        // TCP sockets without the descriptors

	Everything = Descriptors | Tasks
)

const (
	defaultMaxProcesses = 4096
	// maxWalks is how often a look reads the tree again when processes ended
	// meanwhile: that can hide their siblings and children.
	maxWalks = 4
)

// An Observer looks at all descendants of one process. Several goroutines may use
// it at once.
type Observer struct {
	// MaxProcesses bounds one look, which a fork bomb would otherwise make
	// endless. Set it before the first look; the default is 4096.
	MaxProcesses int
	// ChildrenOfFirstThread says that all children of the root are children of its
	// first thread or of Starter, so that a look need not ask its other threads: these
	// two fork them all, and the first live thread adopts the orphans. Set it before
	// the first look.
	ChildrenOfFirstThread bool
	// Starter is the TID of one more thread of the root that has children; 0 for none.
	Starter int
	// WithRoot says that pictures hold the root, too, as the first process. Set it before
	// the first look.
	WithRoot bool

	mu      sync.Mutex
	root    int
	sockets SocketTable
	readers [maxReaders]procReader
	sleeps  map[int]sleep // by TID, from the last look with Tasks
	// epollUsers are the processes that had an epoll descriptor in the last look
	// with Descriptors.
	epollUsers map[ProcessID]bool
	scan       bool // the kernel has no proc_tid_children(5)
}

// New returns an observer of all descendants of root, root itself excluded. Root
// should be a child subreaper, prctl(2), so that daemons stay below it. With
// sockets nil there are no sockets in the pictures.
func New(root int, sockets SocketTable) *Observer {
	o := newObserver("/proc", root, sockets)
	o.readers[0].cache.dirs = map[int]*procDir{} // this reader alone reads small trees
	return o
}

func newObserver(proc string, root int, sockets SocketTable) *Observer {
	o := &Observer{MaxProcesses: defaultMaxProcesses, root: root, sockets: sockets, epollUsers: map[ProcessID]bool{}}
	for i := range o.readers {
		o.readers[i].root = proc
	}
	o.scan = !o.readers[0].hasChildrenFiles()
	return o
}

// Close closes the files that the observer keeps open from one look to the next.
// Looks after it keep none open.
func (o *Observer) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.readers[0].cache.close()
}

// Look takes a picture. It leaves out processes that end meanwhile;
// Process.Unreadable says what it cannot read of one. An error means that /proc or
// the socket table cannot be used.
func (o *Observer) Look(d Detail) (Picture, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	cache := &o.readers[0].cache
	cache.look++
	defer cache.evict()
	picture := Picture{At: time.Now()}
	var w walk
	for range maxWalks {
		w = walk{o: o, detail: d, before: w.list, deadline: picture.At.Add(runningLimit)}
		if err := w.tree(); err != nil {
			return Picture{}, fmt.Errorf("walk the processes below %d: %w", o.root, err)
		}
		if !w.vanished || w.truncated {
			break
		}
	}
	picture.Processes, picture.Truncated, picture.Vanished = w.list, w.truncated, w.vanished
	if d&Descriptors != 0 {
		o.noteEpollUsers(picture)
	}
	if d&(Descriptors|Sockets) != 0 {
		if err := o.addSockets(&picture); err != nil {
			return Picture{}, fmt.Errorf("list the TCP sockets: %w", err)
		}
	}
	if d&Tasks != 0 {
		if len(picture.Zombies()) > 0 {
			awaitChildSignals()
		}
		o.addTasks(&picture)
	}
	return picture, nil
}

const (
	maxReaders = 4
	// share is how many processes one reader takes at a time; fewer than two
	// shares are not worth a second reader.
	share = 32
)

// each calls do for every index below n. Several readers read a large tree at
// once: nearly all the time goes into system calls.
func (o *Observer) each(n int, do func(r *procReader, i int)) {
	readers := min(runtime.GOMAXPROCS(0), maxReaders, n/share)
	if readers < 2 {
		for i := range n {
			do(&o.readers[0], i)
		}
		return
	}
	var next atomic.Int64
	var done sync.WaitGroup
	for i := range readers {
		done.Go(crash.Guarded(func() {
			for {
				to := int(next.Add(share))
				for k := to - share; k < min(to, n); k++ {
					do(&o.readers[i], k)
				}
				if to >= n {
					return
				}
			}
		}))
	}
	done.Wait()
}
