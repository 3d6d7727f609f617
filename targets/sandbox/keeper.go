package sandbox

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// controlFD is the keeper's end of the control socket.
const controlFD = 3

// A binary that links this package is its own keeper: as that it never reaches main.
func init() {
	if len(os.Args) == 1 && os.Args[0] == initName {
		os.Exit(keep())
	}
}

// A keeper holds the trees of servers, one host after another. Where there are
// namespaces, the thread of the host starts each command, elsewhere the main
// thread: both live longer than what they start.
type keeper struct {
	conn   *packetConn
	plan   plan
	places []int    // the directories that control groups are made in
	bounds []string // those that hold for every host

	// mu is held from before a fork until the pid is noted, and around every
	// wait4, so that no exit is reaped before its start is known.
	mu      sync.Mutex
	host    *hosted // nil between two hosts
	bounded bool    // the kernel refuses the tree more than its limit
	started map[int]bool
	empty   *sync.Cond // signalled when wait4 has said ECHILD
	forked  *sync.Cond // signalled when there are children again
	alone   bool       // no child is left
}

func keep() int {
	runtime.LockOSThread()
	k := &keeper{started: map[int]bool{}, alone: true}
	k.empty, k.forked = sync.NewCond(&k.mu), sync.NewCond(&k.mu)
	conn, err := controlSocket()
	if err != nil {
		return usage(initName, err)
	}
	k.conn = conn
	packets := newReceiver(conn)
	ready := message{Event: eventReady}
	err = k.setUp(packets)
	if err != nil {
		_ = send(conn, fail(ready, err))
		return 1
	}
	go k.reap()
	k.reply(ready)
	k.serve(packets)
	k.end()
	if k.host != nil {
		k.host.end()
	}
	return 0
}

// controlSocket is the end of a control socket that a keeper was started
// with.
func controlSocket() (*packetConn, error) {
	unix.CloseOnExec(controlFD)
	if kind, err := unix.GetsockoptInt(controlFD, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || kind != unix.SOCK_SEQPACKET {
		return nil, fmt.Errorf("descriptor %d is no control socket", controlFD)
	}
	return newPacketConn(controlFD)
}

// serve answers requests until the control socket closes.
func (k *keeper) serve(packets *receiver) {
	for {
		m, fds, err := packets.next()
		if err != nil {
			return
		}
		k.handle(m, fds)
		closeAll(fds)
	}
}

// handle carries out one request.
func (k *keeper) handle(m message, fds []int) {
	host := k.host // only requests change it
	switch {
	case m.Op == opOpen && host == nil:
		k.open(m)
	case host == nil:
		k.reply(fail(message{ID: m.ID}, fmt.Errorf("%s: no host is open: %w", m.Op, unix.EINVAL)))
	case m.Op == opClose:
		k.shut(m)
	case m.Op == opStart:
		host.thread.do(func() { k.start(m, fds) })
	case m.Op == opSocket:
		host.thread.do(func() { k.sockets(m) })
	case m.Op == opStop:
		k.end()
		k.reply(message{ID: m.ID})
	}
}

// reply sends m; when nobody reads any more the next receive says so.
func (k *keeper) reply(m message, fds ...int) { _ = send(k.conn, m, fds...) }

// start runs a program in a session of its own, with fds as its standard input
// and its standard output and error, and replies.
func (k *keeper) start(m message, fds []int) {
	program, err := m.Program.unpack()
	if err == nil && program == nil {
		err = fmt.Errorf("a start takes a program: %w", unix.EINVAL)
	}
	if err == nil && k.plan.Mounts && program.View != nil {
		err = k.host.show(program.View, k.plan.Root)
	}
	if err != nil {
		k.reply(fail(message{ID: m.ID}, err))
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.guard()
	k.alone = false
	k.forked.Broadcast()
	pid, err := k.run(program, fds)
	if err != nil {
		reply := fail(message{ID: m.ID}, err)
		if !errors.As(err, new(notExecutedError)) {
			reply.Errno = 0 // it is no fault of the program
		}
		k.reply(reply)
		return
	}
	k.started[pid] = true
	// With mu held, so that no exit is reported before its start.
	started := message{ID: m.ID, PID: pid}
	if k.plan.PIDs {
		_ = sendAs(k.conn, pid, started)
		return
	}
	k.reply(started)
}

func (k *keeper) sockets(m message) {
	fds, err := openSockets(m.Domain, m.Type, m.Proto, min(m.Count, maxDescriptors))
	if err != nil {
		k.reply(fail(message{ID: m.ID}, err))
		return
	}
	k.reply(message{ID: m.ID}, fds...)
	closeAll(fds)
}

func usage(name string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v: it is started by forkproof only\n", name, err)
	return 2
}
