package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// DefaultMaxProcesses bounds the number of processes in one server's tree.
const DefaultMaxProcesses = 512

// stopLimit guards against a tree that SIGKILL does not end.
const stopLimit = 20 * time.Second

// ErrKeeperGone says that the keeper ended although nobody asked it to.
var ErrKeeperGone = errors.New("the keeper of the server is gone")

// ErrClosing says that CloseAll was called: forkproof is about to exit.
var ErrClosing = errors.New("forkproof is ending: no further server is started")

// A Host is a place to run servers in: one keeper, seen from forkproof.
type Host struct {
	isolation Isolation
	conn      *net.UnixConn
	process   *os.Process
	network   string // its network namespace, as /proc/PID/ns/net names it
	mark      string // its entry in the environment

	mu      sync.Mutex
	next    int
	replies map[int]chan reply
	started []int
	exits   map[int]unix.WaitStatus
	alone   bool          // nothing is left of the tree
	limit   int           // processes counted when the limit was passed
	gone    chan struct{} // closed when the control socket is
	empty   chan struct{} // gets a value when the tree has ended by itself
	ready   chan error
	once    sync.Once
}

// hosts counts the hosts of this process.
var hosts atomic.Int64

type reply struct {
	message
	fds []int
}

// Open starts a keeper with the best isolation there is. No server's tree may
// have more than maxProcesses processes.
func Open(maxProcesses int) (*Host, error) { return open(Probe(), maxProcesses) }

// OpenShared starts a keeper on the machine's own network, for a server that a
// person wants to reach.
func OpenShared(maxProcesses int) (*Host, error) { return open(Isolation{}, maxProcesses) }

func open(isolation Isolation, maxProcesses int) (h *Host, err error) {
	if !registry.begin() {
		return nil, ErrClosing
	}
	defer func() { registry.end(h) }()
	return start(isolation, maxProcesses)
}

func start(isolation Isolation, maxProcesses int) (*Host, error) {
	if err := adoptOrphans(); err != nil {
		return nil, err
	}
	ours, theirs, err := controlPair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		_ = ours.Close()
		return nil, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	defer func() { _ = null.Close() }()
	network := argShared
	if isolation.Network {
		network = argNetwork
	}
	mark := fmt.Sprintf("%s=%d.%d", marker, os.Getpid(), hosts.Add(1))
	process, err := os.StartProcess("/proc/self/exe",
		[]string{keeperName, network, strconv.Itoa(maxProcesses)},
		&os.ProcAttr{
			Files: []*os.File{null, null, null, theirs},
			Env:   append(os.Environ(), mark),
			Sys:   isolation.attributes(),
		})
	if err != nil {
		_ = ours.Close()
		return nil, fmt.Errorf("start a keeper: %w", err)
	}
	h := &Host{
		isolation: isolation, conn: ours, process: process, mark: mark,
		replies: map[int]chan reply{}, exits: map[int]unix.WaitStatus{},
		gone: make(chan struct{}), empty: make(chan struct{}, 1), ready: make(chan error, 1),
	}
	go h.listen()
	if err := h.awaitReady(); err != nil {
		_ = h.Close()
		return nil, err
	}
	h.network, _ = os.Readlink(fmt.Sprintf("/proc/%d/ns/net", process.Pid))
	return h, nil
}

func controlPair() (*net.UnixConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a control socket: %w", err)
	}
	file := os.NewFile(uintptr(fds[0]), "control")
	defer func() { _ = file.Close() }()
	conn, err := net.FileConn(file)
	if err != nil {
		_ = unix.Close(fds[1])
		return nil, nil, fmt.Errorf("use the control socket: %w", err)
	}
	return conn.(*net.UnixConn), os.NewFile(uintptr(fds[1]), "control"), nil
}

func (h *Host) awaitReady() error {
	select {
	case err := <-h.ready:
		return err
	case <-h.gone:
		return ErrKeeperGone
	}
}

// listen hands out what the keeper says until its socket closes.
func (h *Host) listen() {
	defer close(h.gone)
	for packets := newReceiver(h.conn); ; {
		m, fds, err := packets.next()
		if err != nil {
			return
		}
		h.mu.Lock()
		switch {
		case m.Event == eventReady:
			h.ready <- asError(m)
		case m.Event == eventExit:
			h.exits[m.PID] = m.Status
		case m.Event == eventEmpty:
			h.alone = true
			select {
			case h.empty <- struct{}{}:
			default:
			}
		case m.Event == eventLimit:
			h.limit = m.PID
		case h.replies[m.ID] != nil:
			h.replies[m.ID] <- reply{m, fds}
			delete(h.replies, m.ID)
			fds = nil
		}
		h.mu.Unlock()
		closeAll(fds)
	}
}

func asError(m message) error {
	switch {
	case m.Errno != 0:
		return &StepError{Text: m.Error, Errno: m.Errno}
	case m.Error != "":
		return errors.New(m.Error)
	}
	return nil
}

// A StepError is what the keeper could not do, with the system's reason.
type StepError struct {
	Text  string
	Errno unix.Errno
}

func (e *StepError) Error() string { return e.Text }

// Unwrap gives the errno.
func (e *StepError) Unwrap() error { return e.Errno }

// ask sends one request and waits for its reply.
func (h *Host) ask(ctx context.Context, m message, fds ...int) (reply, error) {
	answer := make(chan reply, 1)
	h.mu.Lock()
	h.next++
	m.ID = h.next
	h.replies[m.ID] = answer
	h.mu.Unlock()
	if err := send(h.conn, m, fds...); err != nil {
		h.forget(m.ID)
		if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
			err = ErrKeeperGone
		}
		return reply{}, err
	}
	select {
	case r := <-answer:
		return r, asError(r.message)
	case <-h.gone:
		return reply{}, ErrKeeperGone
	case <-ctx.Done():
		h.forget(m.ID)
		return reply{}, fmt.Errorf("keeper does not answer %q: %w", m.Op, ctx.Err())
	}
}

// forget gives up waiting for a reply, and closes what came with it.
func (h *Host) forget(id int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	answer := h.replies[id]
	delete(h.replies, id)
	select {
	case r := <-answer:
		closeAll(r.fds)
	default:
	}
}

// Start runs a program and returns its pid; the errno of a failed execve(2) is
// in the error.
func (h *Host) Start(ctx context.Context, p Program) (int, error) {
	h.mu.Lock()
	h.alone = false
	h.mu.Unlock()
	r, err := h.ask(ctx, message{Op: opStart, Program: &p}, int(p.Stdin.Fd()), int(p.Output.Fd()))
	if err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.started = append(h.started, r.PID)
	return r.PID, nil
}

// startedPIDs are those whose end was not reported yet.
func (h *Host) startedPIDs() []int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.started), func(pid int) bool {
		_, ended := h.exits[pid]
		return ended
	})
}

// Sockets opens count non-blocking sockets where the server runs; see socket(2).
func (h *Host) Sockets(ctx context.Context, domain, kind, protocol, count int) ([]int, error) {
	if !h.isolation.Network {
		return openSockets(domain, kind, protocol, count)
	}
	var fds []int
	for len(fds) < count {
		r, err := h.ask(ctx, message{Op: opSocket, Domain: domain, Type: kind, Proto: protocol, Count: count - len(fds)})
		if err != nil {
			closeAll(fds)
			return nil, err
		}
		fds = append(fds, r.fds...)
	}
	return fds, nil
}

// StopAll ends everything below the keeper and returns when nothing is left.
func (h *Host) StopAll(ctx context.Context) error {
	_, err := h.ask(ctx, message{Op: opStop})
	return err
}

// PID is the keeper's; the server's tree is everything below it.
func (h *Host) PID() int { return h.process.Pid }

// Isolation says how the host is kept apart.
func (h *Host) Isolation() Isolation { return h.isolation }

// Exit gives the wait status of a started command, when it has ended.
func (h *Host) Exit(pid int) (unix.WaitStatus, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	status, ended := h.exits[pid]
	return status, ended
}

// Overgrown says how many processes the tree had when it was ended for having
// more than its limit; 0 when it never had.
func (h *Host) Overgrown() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.limit
}

// Ended gets a value when the last process of the tree has ended.
func (h *Host) Ended() <-chan struct{} { return h.empty }

// Empty says whether nothing is left of what was started.
func (h *Host) Empty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.alone
}

// Gone is closed when the keeper has ended.
func (h *Host) Gone() <-chan struct{} { return h.gone }

// Close ends the tree and the keeper and returns when nothing of them is left.
func (h *Host) Close() error {
	var err error
	h.once.Do(func() {
		defer registry.forget(h)
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		err = h.StopAll(ctx)
		lost := err != nil
		if errors.Is(err, ErrKeeperGone) {
			err = nil
		}
		_ = h.conn.Close()
		if lost {
			_ = h.process.Kill()
		}
		if _, waitErr := h.process.Wait(); waitErr != nil {
			err = errors.Join(err, fmt.Errorf("wait for the keeper: %w", waitErr))
		}
		if lost {
			err = errors.Join(err, h.sweep())
		}
	})
	return err
}
