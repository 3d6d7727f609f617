package inside

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// controlFD is the init's end of the control socket.
const controlFD = 3

// A binary that links this package is its own init: as that it never reaches main.
func init() {
	if len(os.Args) == 1 && os.Args[0] == wire.InitName {
		os.Exit(run())
	}
}

// An initProcess holds the trees of servers, one host after another. Where there are
// namespaces, the thread of the host starts each command, elsewhere the main
// thread: both live longer than what they start.
type initProcess struct {
	conn   *wire.Conn
	plan   wire.Plan
	places []int    // the directories that control groups are made in
	bounds []string // those that hold for every host
	nice   int      // as forkproof's
	// template is that of the last host which had none; only its thread uses it.
	template *template

	// mu is held from before a fork until the pid is noted, and around every
	// wait4, so that no exit is reaped before its start is known.
	mu      sync.Mutex
	host    *host // nil between two hosts
	bounded bool  // the kernel refuses the tree more than its limit
	started map[int]bool
	empty   *sync.Cond // signalled when wait4 has said ECHILD
	forked  *sync.Cond // signalled when there are children again
	alone   bool       // no child is left
}

// run is the life of an init; it returns the exit status.
func run() int {
	runtime.LockOSThread()
	k := &initProcess{started: map[int]bool{}, alone: true}
	k.empty, k.forked = sync.NewCond(&k.mu), sync.NewCond(&k.mu)
	conn, err := controlSocket()
	if err != nil {
		return usage("forkproof", err)
	}
	nameThreads()
	k.conn = conn
	packets := wire.NewReceiver(conn)
	ready := wire.Message{Event: wire.EventReady}
	err = k.setUp(packets)
	if err != nil {
		_ = wire.Send(conn, wire.Fail(ready, err))
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

// controlSocket is the end of a control socket that an init was started
// with.
func controlSocket() (*wire.Conn, error) {
	unix.CloseOnExec(controlFD)
	if kind, err := unix.GetsockoptInt(controlFD, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || kind != unix.SOCK_SEQPACKET {
		return nil, fmt.Errorf("descriptor %d is no control socket", controlFD)
	}
	return wire.NewWaitingConn(controlFD)
}

// serve answers requests until the control socket closes. Where a host has a thread of
// its own, that one does, for as long as the host is open: to hand each request from
// one thread to another costs more than most of them.
func (k *initProcess) serve(packets *wire.Receiver) {
	for {
		m, fds, err := packets.Next()
		switch {
		case err != nil:
			return
		case k.plan.PIDs && m.Op == wire.OpOpen:
			onThread(func() { err = k.hold(m, packets) })
		default:
			k.handle(m, fds)
		}
		wire.CloseFDs(fds)
		if err != nil {
			return
		}
	}
}

// hold opens a host on the calling thread, and answers requests until it is closed.
func (k *initProcess) hold(m wire.Message, packets *wire.Receiver) error {
	for k.openHost(m); k.host != nil; {
		m, fds, err := packets.Next()
		if err != nil {
			return err
		}
		k.handle(m, fds)
		wire.CloseFDs(fds)
	}
	return nil
}

// handle carries out one request, on the thread of the host.
func (k *initProcess) handle(m wire.Message, fds []int) {
	switch host := k.host; { // only requests change it
	case m.Op == wire.OpOpen && host == nil:
		k.openHost(m)
	case host == nil:
		k.reply(wire.Fail(wire.Message{ID: m.ID}, fmt.Errorf("%s: no host is open: %w", m.Op, unix.EINVAL)))
	case m.Op == wire.OpClose:
		k.closeHost(m)
	case m.Op == wire.OpStart:
		k.start(m, fds)
	case m.Op == wire.OpSocket:
		k.sockets(m)
	case m.Op == wire.OpDir:
		k.openDir(m)
	case m.Op == wire.OpStop:
		k.end()
		k.reply(wire.Message{ID: m.ID})
	}
}

// reply sends m; when nobody reads any more the next receive says so.
func (k *initProcess) reply(m wire.Message, fds ...int) { _ = wire.Send(k.conn, m, fds...) }

// start runs a program in a session of its own, with fds as its standard input
// and its standard output and error, and replies.
func (k *initProcess) start(m wire.Message, fds []int) {
	program := m.Program
	var err error
	switch {
	case program == nil:
		err = fmt.Errorf("a start takes a program: %w", unix.EINVAL)
	case k.plan.Mounts && program.View == nil:
		err = fmt.Errorf("a start takes what the program is to see: %w", unix.EINVAL)
	case k.plan.Mounts:
		err = k.show(k.host, program.View)
	}
	if err != nil {
		k.reply(wire.Fail(wire.Message{ID: m.ID}, err))
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.guard()
	beside := !k.alone
	k.alone = false
	k.forked.Broadcast()
	pid, err := k.run(program, fds, beside)
	if err != nil {
		reply := wire.Fail(wire.Message{ID: m.ID}, err)
		if !errors.As(err, new(notExecutedError)) {
			reply.Errno = 0 // it is no fault of the program
		}
		k.reply(reply)
		return
	}
	k.started[pid] = true
	// With mu held, so that no exit is reported before its start.
	started := wire.Message{ID: m.ID, PID: pid}
	if k.plan.PIDs {
		_ = wire.SendAs(k.conn, pid, started)
		return
	}
	k.reply(started)
}

func (k *initProcess) sockets(m wire.Message) {
	fds, err := wire.OpenSockets(m.Domain, m.Type, m.Proto, min(m.Count, wire.MaxDescriptors))
	if err != nil {
		k.reply(wire.Fail(wire.Message{ID: m.ID}, err))
		return
	}
	k.reply(wire.Message{ID: m.ID}, fds...)
	wire.CloseFDs(fds)
}

// openDir opens a directory for forkproof to read what the programs left in it.
func (k *initProcess) openDir(m wire.Message) {
	if k.plan.Mounts && (k.host.shown == nil || k.host.showFailed != nil) {
		k.reply(wire.Fail(wire.Message{ID: m.ID}, fmt.Errorf("open %s: no server has a view here: %w", m.Name, unix.EINVAL)))
		return
	}
	fd, err := wire.OpenExactly(m.Name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		k.reply(wire.Fail(wire.Message{ID: m.ID}, fmt.Errorf("open %s: %w", m.Name, err)))
		return
	}
	k.reply(wire.Message{ID: m.ID}, fd)
	_ = unix.Close(fd)
}

// nameThreads names the threads of the init: that of its program would tell a server
// who started it. Threads that are made later take the name of their maker.
func nameThreads() {
	names, _ := filepath.Glob("/proc/self/task/*/comm")
	for _, name := range names {
		_ = os.WriteFile(name, []byte(wire.InitName), 0)
	}
}

func usage(name string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v: it is started by forkproof only\n", name, err)
	return 2
}
