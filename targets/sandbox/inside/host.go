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

// A host is what an init holds for one host: the thread that its programs are
// started from, in namespaces of its own, their control groups and their view.
type host struct {
	id      int
	thread  *nsThread // nil where there are no namespaces: the main thread then
	groups  []group
	shown   *wire.View  // what the first program sees; nil before it
	guarded sync.Once   // from the first start on
	told    atomic.Bool // that the control group was full
	over    chan struct{}
	watch   sync.WaitGroup
}

// An nsThread is a thread that is in no namespace that another thread is in. Its
// namespaces end with it.
type nsThread struct {
	work chan func()
	tid  int
}

// hostNamespaces are those of a host: network, System V and POSIX IPC, mounts.
// Mounts have a root and a working directory of their own.
const hostNamespaces = unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWNS | unix.CLONE_FS

// newThread makes one, and has it leave the namespaces of init.
func newThread(network bool) (*nsThread, error) {
	t := &nsThread{work: make(chan func())}
	flags := hostNamespaces
	if !network {
		flags &^= unix.CLONE_NEWNET
	}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		t.tid = unix.Gettid()
		err := unix.Unshare(flags)
		ready <- err
		for err == nil {
			f, more := <-t.work
			if !more {
				return
			}
			f()
		}
	}()
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("make a host's namespaces: %w", err)
	}
	return t, nil
}

// do has the thread do something, and waits for it.
func (t *nsThread) do(f func()) {
	if t == nil {
		f()
		return
	}
	done := make(chan struct{})
	t.work <- func() { defer close(done); f() }
	<-done
}

// openHost makes a host. The error in the reply says which step failed; that there is
// no control group is no error.
func (k *initProcess) openHost(m wire.Message) {
	h := &host{id: m.ID, over: make(chan struct{})}
	opened := wire.Message{ID: m.ID}
	var err error
	if h.groups, err = k.makeGroups(m.Name); err != nil {
		opened.CgroupReason = err.Error()
	}
	opened.Bounds = append(bounds(h.groups), k.bounds...)
	if k.plan.PIDs {
		if h.thread, err = newThread(k.plan.Network); err == nil {
			h.thread.do(func() { err = k.furnish() })
		}
		if err != nil {
			h.end()
			k.reply(wire.Fail(opened, err))
			return
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.host = h
	k.bounded = len(opened.Bounds) > 0
	if h.thread != nil {
		opened.PID = h.thread.tid
		_ = wire.SendAs(k.conn, h.thread.tid, opened)
		return
	}
	k.reply(opened)
}

// furnish is done on the thread of a host: it has a root, and its network works.
func (k *initProcess) furnish() error {
	if err := newRoot(k.plan.Limits); err != nil || !k.plan.Network {
		return err
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

// end ends the thread of a host, and removes its control groups.
func (h *host) end() {
	close(h.over)
	h.watch.Wait() // what it kills is of this host
	if h.thread != nil {
		close(h.thread.work)
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
