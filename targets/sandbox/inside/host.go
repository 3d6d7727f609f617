package inside

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// A host is what an init holds for one host: the control groups of its programs and
// their view. They are started from a thread that is in namespaces of its own.
type host struct {
	id     int
	groups []group
	shown  *wire.View // what the first program sees; nil before it
	// showFailed says why it does not see that.
	showFailed error
	// dir is the working directory of all programs, open: a server may move what is above
	// it. noDescriptor before the first program, and where all see the machine's files.
	dir     uintptr
	guarded sync.Once   // from the first start on
	told    atomic.Bool // that the control group was full
	over    chan struct{}
	watch   sync.WaitGroup
}

// hostNamespaces are those of a host: network, System V and POSIX IPC. It has a root
// and a working directory of its own, for the mounts that come with its first server.
const hostNamespaces = unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_FS

// onThread runs a function on a thread of its own, and waits for it. The thread and its
// namespaces end with it.
func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		f()
	}()
	<-done
}

// openHost makes a host. The error in the reply says which step failed; that there is
// no control group is no error.
func (k *initProcess) openHost(m wire.Message) {
	h := &host{id: m.ID, dir: noDescriptor, over: make(chan struct{})}
	opened := wire.Message{ID: m.ID}
	var err error
	if h.groups, err = k.makeGroups(m.Name); err != nil {
		opened.CgroupReason = err.Error()
	}
	opened.Bounds = append(bounds(h.groups), k.bounds...)
	if k.plan.PIDs {
		if err := k.leave(); err != nil {
			h.end()
			k.reply(wire.Fail(opened, err))
			return
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.host = h
	k.bounded = len(opened.Bounds) > 0
	if k.plan.PIDs {
		opened.PID = unix.Gettid()
		_ = wire.SendAs(k.conn, opened.PID, opened)
		return
	}
	k.reply(opened)
}

// leave has the calling thread leave the namespaces of init for those of a host, whose
// network works then.
func (k *initProcess) leave() error {
	flags := hostNamespaces
	if !k.plan.Network {
		flags &^= unix.CLONE_NEWNET
	}
	if err := unix.Unshare(flags); err != nil {
		return fmt.Errorf("make a host's namespaces: %w", err)
	}
	if !k.plan.Network {
		return nil
	}
	// A server without privileges may have a port below 1024 in its own network.
	_ = os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0)
	return loopbackUp()
}

// closeHost ends the tree of a host, and the host.
func (k *initProcess) closeHost(m wire.Message) {
	k.end()
	k.mu.Lock()
	h := k.host
	k.host = nil
	clear(k.started)
	k.mu.Unlock()
	if h != nil {
		h.end()
	}
	k.reply(wire.Message{ID: m.ID})
}

// end ends the watch over a host, and removes its control groups.
func (h *host) end() {
	close(h.over)
	h.watch.Wait() // what it kills is of this host
	if h.dir != noDescriptor {
		_ = unix.Close(int(h.dir))
	}
	for i := range h.groups {
		_ = h.groups[i].remove()
	}
}

// number is the request that opened the host; 0 for none.
func (h *host) number() int {
	if h == nil {
		return 0
	}
	return h.id
}
