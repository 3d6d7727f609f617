package observe

import (
	"fmt"
	"sync"
	"time"
)

// Detail says what a look reads besides the processes themselves (parent,
// state, start, processor time, memory), which are always read.
type Detail uint

// The details of a look.
const (
	Descriptors Detail = 1 << iota // descriptors and TCP sockets
	Tasks                          // threads, their system calls and signals, timers
	Sockets                        // TCP sockets without the descriptors

	// Everything is all of it.
	Everything = Descriptors | Tasks
)

const (
	defaultMaxProcesses = 4096
	// walks is how often a look walks the tree anew when processes vanished
	// under its eyes: that can hide their siblings and children.
	walks = 4
)

// An Observer looks at all descendants of one process. It may be used by
// several goroutines at once.
type Observer struct {
	// MaxProcesses bounds one look, which a fork bomb would otherwise make
	// endless. Set it before the first look; the default is 4096.
	MaxProcesses int
	// FirstThread says that all children of the root are its first thread's,
	// so that its other threads need not be asked at every look: that thread
	// makes them all, and lives as long as the root does. Orphans, too, come to
	// the first thread that lives. Set it before the first look.
	FirstThread bool
	// Starter is one more thread of the root that has children, by its TID; 0 for
	// none. It matters with FirstThread only.
	Starter int

	mu      sync.Mutex
	root    int
	sockets SocketTable
	readers [maxReaders]procReader
	slept   map[int]sleep // by TID, from the last look with Tasks
	// watching are the processes that had an epoll descriptor in the last look
	// with Descriptors.
	watching map[ProcessID]bool
	scan     bool // the kernel keeps no list of children
}

// New observes all descendants of root, root itself excluded. Root should be a
// child subreaper, prctl(2), so that daemons stay below it. With sockets nil
// there are no sockets in the pictures.
func New(root int, sockets SocketTable) *Observer {
	o := newObserver("/proc", root, sockets)
	o.readers[0].keeping.dirs = map[int]*procDir{} // of the reader that reads small trees alone
	return o
}

func newObserver(proc string, root int, sockets SocketTable) *Observer {
	o := &Observer{MaxProcesses: defaultMaxProcesses, root: root, sockets: sockets, watching: map[ProcessID]bool{}}
	for i := range o.readers {
		o.readers[i].root = proc
	}
	o.scan = !o.readers[0].keepsChildren()
	return o
}

// Close lets go of the files that were kept open from one look to the next. A
// look after it keeps none.
func (o *Observer) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.readers[0].keeping.close()
}

// Look takes a picture. Processes that vanish meanwhile are left out; what
// cannot be read of one is said in Process.Unreadable. An error means that
// /proc or the socket table cannot be used.
func (o *Observer) Look(d Detail) (Picture, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept := &o.readers[0].keeping
	kept.look++
	defer kept.sweep()
	picture := Picture{At: time.Now()}
	var w walk
	for range walks {
		w = walk{o: o, detail: d, before: w.list, timeUp: picture.At.Add(awakeLimit)}
		if err := w.tree(); err != nil {
			return Picture{}, fmt.Errorf("walk the processes below %d: %w", o.root, err)
		}
		if !w.vanished || w.truncated {
			break
		}
	}
	picture.Processes, picture.Truncated, picture.Vanished = w.list, w.truncated, w.vanished
	if d&Descriptors != 0 {
		o.watch(picture)
	}
	if d&(Descriptors|Sockets) != 0 {
		if err := o.addSockets(&picture); err != nil {
			return Picture{}, fmt.Errorf("list the TCP sockets: %w", err)
		}
	}
	if d&Tasks != 0 {
		if len(picture.Zombies()) > 0 {
			parentsNotified()
		}
		o.addTasks(&picture)
	}
	return picture, nil
}
