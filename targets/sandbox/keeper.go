package sandbox

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// keeperName is argv[0] of a keeper: it is how this binary knows that it is
// one, and what ps(1) shows.
const keeperName = "forkproof-keeper"

// controlFD is the keeper's end of the control socket.
const controlFD = 3

// A binary that links this package is its own keeper and nursery: as
// those it never reaches main.
func init() {
	switch {
	case len(os.Args) == 1 && os.Args[0] == keeperName:
		os.Exit(keep())
	case len(os.Args) == 2 && os.Args[0] == nurseryName:
		os.Exit(nurse(os.Args[1]))
	}
}

// A keeper holds one server's tree. Its main thread starts every command:
// what that thread is (mask, capabilities) is what a server inherits, and it
// lives as long as the keeper does.
type keeper struct {
	conn    *packetConn
	plan    plan
	cgroups []joint
	shown   *view       // what the first server sees; nil before it
	bounded bool        // the kernel refuses the tree more than its limit
	guarded sync.Once   // from the first start on
	told    atomic.Bool // that the control group was full

	// mu is held from before a fork until the pid is noted, and around every
	// wait4, so that no exit is reaped before its start is known.
	mu      sync.Mutex
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
		return usage(keeperName, err)
	}
	k.conn = conn
	defer k.removeCgroups()
	packets := newReceiver(conn)
	ready := message{Event: eventReady}
	err = k.setUp(packets, &ready)
	if err != nil {
		_ = send(conn, fail(ready, err))
		return 1
	}
	k.bounded = len(ready.Bounds) > 0
	go k.reap()
	k.reply(ready)
	k.serve(packets)
	k.end()
	return 0
}

// controlSocket is the end of a control socket that a keeper or a shim was
// started with.
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
		switch m.Op {
		case opShow:
			k.reply(answer(m, k.prepareView(m.Program)))
		case opStart:
			k.start(m, fds)
			closeAll(fds)
		case opSocket:
			k.sockets(m)
		case opStop:
			k.end()
			k.reply(message{ID: m.ID})
		}
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
	if err == nil {
		err = k.prepareView(m.Program)
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

// prepareView shows the program what it may see, where that is the keeper's to do.
func (k *keeper) prepareView(program packed[Program]) error {
	if !k.plan.Mounts {
		return nil
	}
	p, err := program.unpack()
	if err != nil || p == nil || p.View == nil {
		return err
	}
	return k.show(p.View)
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

// answer is the reply to a request that was carried out, or was not.
func answer(request message, err error) message {
	if err != nil {
		return fail(message{ID: request.ID}, err)
	}
	return message{ID: request.ID}
}

func fail(m message, err error) message {
	m.Error = err.Error()
	var errno unix.Errno
	if errors.As(err, &errno) {
		m.Errno = errno
	}
	return m
}

func usage(name string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v: it is started by forkproof only\n", name, err)
	return 2
}
