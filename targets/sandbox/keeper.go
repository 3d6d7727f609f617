package sandbox

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// keeperName is argv[0] of a keeper: it is how this binary knows that it is
// one, and what ps(1) shows.
const keeperName = "forkproof-keeper"

// controlFD is the keeper's end of the control socket.
const controlFD = 3

// Arguments that a keeper is started with.
const (
	argNetwork = "network" // it lives in a network namespace of its own
	argShared  = "shared"  // it shares forkproof's
)

// A binary that links this package is its own keeper and shim: as those it
// never reaches main.
func init() {
	switch {
	case len(os.Args) == 3 && os.Args[0] == keeperName:
		os.Exit(keep(os.Args[1] == argNetwork, os.Args[2]))
	case len(os.Args) == 1 && os.Args[0] == shimName:
		os.Exit(shim())
	}
}

// A keeper holds one server's tree. Its main thread starts every command:
// what that thread is (mask, capabilities) is what a server inherits, and it
// lives as long as the keeper does.
type keeper struct {
	conn  *net.UnixConn
	limit int

	// mu is held from before a fork until the pid is noted, and around every
	// wait4, so that no exit is reaped before its start is known.
	mu      sync.Mutex
	started map[int]bool
	empty   *sync.Cond // signalled when wait4 has said ECHILD
	alone   bool       // no child is left
	spare   *seed      // a shim made ahead; nil when it is used up
}

func keep(network bool, limit string) int {
	runtime.LockOSThread()
	k := &keeper{started: map[int]bool{}, alone: true}
	k.empty = sync.NewCond(&k.mu)
	conn, err := controlSocket()
	if err != nil {
		return usage(keeperName, err)
	}
	k.conn = conn
	if err := k.setUp(network, limit); err != nil {
		_ = send(conn, fail(message{Event: eventReady}, err))
		return 1
	}
	children := make(chan os.Signal, 1)
	signal.Notify(children, unix.SIGCHLD)
	if err := k.makeSpare(); err != nil {
		_ = send(conn, fail(message{Event: eventReady}, err))
		return 1
	}
	go k.reap(children)
	go k.watch()
	if err := send(conn, message{Event: eventReady}); err != nil {
		return 1
	}
	k.serve()
	k.end()
	return 0
}

// controlSocket is the end of a control socket that a keeper or a shim was
// started with.
func controlSocket() (*net.UnixConn, error) {
	unix.CloseOnExec(controlFD)
	file := os.NewFile(controlFD, "control")
	defer func() { _ = file.Close() }()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d is no control socket: %w", controlFD, err)
	}
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, fmt.Errorf("descriptor %d is no unix socket", controlFD)
	}
	return unixConn, nil
}

// setUp makes the keeper what its servers need it to be.
func (k *keeper) setUp(network bool, limit string) error {
	if _, err := fmt.Sscanf(limit, "%d", &k.limit); err != nil || k.limit <= 0 {
		return fmt.Errorf("limit of processes %q is not a positive number", limit)
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become a child subreaper: %w", err)
	}
	if err := hideDescriptors(controlFD + 1); err != nil {
		return err
	}
	comeFirst()
	defaultDispositions()
	// A stray SIGTERM must not end the keeper before its tree.
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP, unix.SIGINT, unix.SIGTERM, unix.SIGQUIT)
	if err := setMask(nil); err != nil {
		return fmt.Errorf("empty the signal mask: %w", err)
	}
	if network {
		if err := errors.Join(ownTable(), loopbackUp()); err != nil {
			return err
		}
	}
	if err := dropAmbient(); err != nil {
		return err
	}
	return nil
}

// hideDescriptors marks every descriptor from first on close-on-exec.
func hideDescriptors(first uint) error {
	err := unix.CloseRange(first, ^uint(0), unix.CLOSE_RANGE_CLOEXEC)
	if err != nil && !errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("mark inherited descriptors close-on-exec: %w", err)
	}
	return nil
}

// dropAmbient clears the ambient capabilities that were lent to bring up lo:
// what the main thread starts must not inherit them.
func dropAmbient() error {
	err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	if err != nil && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("drop ambient capabilities: %w", err)
	}
	return nil
}

// serve answers requests until the control socket closes.
func (k *keeper) serve() {
	for packets := newReceiver(k.conn); ; {
		m, fds, err := packets.next()
		if err != nil {
			return
		}
		switch m.Op {
		case opStart:
			k.reply(k.start(m, fds))
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
// and its standard output and error.
func (k *keeper) start(m message, fds []int) message {
	k.mu.Lock()
	defer k.mu.Unlock()
	shim, err := k.takeSpare()
	if err != nil {
		return fail(message{ID: m.ID}, err)
	}
	k.started[shim.pid] = true
	k.alone = false
	if err := shim.grow(m.Program, fds); err != nil {
		delete(k.started, shim.pid) // it ends, and nobody needs to know
		return fail(message{ID: m.ID}, err)
	}
	return message{ID: m.ID, PID: shim.pid}
}

// makeSpare starts a shim ahead of its use, and ahead of the first process
// that may be looked at.
func (k *keeper) makeSpare() (err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.spare, err = plant()
	k.alone = err != nil
	return err
}

func (k *keeper) takeSpare() (*seed, error) {
	spare := k.spare
	if k.spare = nil; spare != nil {
		return spare, nil
	}
	return plant()
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

// reap waits for every child that ends, ours and adopted ones, and reports
// those that were started by name.
func (k *keeper) reap(children <-chan os.Signal) {
	for range children {
		for k.reapOne() {
		}
	}
}

func (k *keeper) reapOne() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	var status unix.WaitStatus
	pid, err := unix.Wait4(-1, &status, unix.WNOHANG|unix.WALL, nil)
	if errors.Is(err, unix.EINTR) {
		return true
	}
	if errors.Is(err, unix.ECHILD) {
		if !k.alone {
			k.reply(message{Event: eventEmpty})
		}
		k.alone = true
		k.empty.Broadcast()
		return false
	}
	if err != nil || pid <= 0 {
		return false
	}
	if k.spare != nil && k.spare.pid == pid {
		_ = k.spare.conn.Close()
		k.spare = nil
	}
	if k.started[pid] {
		delete(k.started, pid)
		k.reply(message{Event: eventExit, PID: pid, Status: status})
	}
	return true
}

// end kills the tree until wait4 says that the keeper has no child left. An
// adopted grandchild raises SIGCHLD when it ends, so reap sees each of them.
func (k *keeper) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.alone {
		k.mu.Unlock()
		killBelow(os.Getpid())
		k.mu.Lock()
		k.waitABit()
	}
}

func fail(m message, err error) message {
	m.Error = err.Error()
	var errno unix.Errno
	if errors.As(err, &errno) {
		m.Errno = errno
	}
	return m
}
